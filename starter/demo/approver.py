"""The scripted approver: decides over HTTP as one of the project's people would."""

from collections.abc import Sequence

from project.access import Person
from starter.client import Sojourn
from starter.demo.shoppers import Verdict


class ScriptedApprover:
    """Decides with the client of a person."""

    def __init__(self, client: Sojourn) -> None:
        self._client = client

    async def decide(self, approval_id: str, seen: str, verdict: Verdict) -> None:
        """Approve, reject, or leave open what has the hash `seen`.

        Raises starter.client.SojournError when the decision is not taken.
        """
        if verdict == "approve":
            await self._client.approvals.approve(approval_id, seen)
        elif verdict == "reject":
            await self._client.approvals.reject(approval_id, seen, "This customer had an offer last month.")


def someone_who_may(people: Sequence[Person], group: str, author: str) -> Person:
    """The first person of a group who did not write the journey. Raises LookupError when there is none."""
    for person in people:
        if group in person.groups and person.email != author:
            return person
    raise LookupError(f"nobody of the group '{group}' may decide about what {author} wrote")
