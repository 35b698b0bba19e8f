"""The scripted approver: decides over HTTP as one of the project's people would."""

from collections.abc import Sequence

import httpx

from settings import Person
from starter.demo.shoppers import Verdict


class DecisionNotTaken(Exception):
    """The API did not take a decision; the message is its answer."""


class ScriptedApprover:
    """Decides as `person`, whose token goes with every decision."""

    def __init__(self, api: httpx.AsyncClient, person: Person) -> None:
        self._api = api
        self.person = person

    async def decide(self, approval_id: str, verdict: Verdict) -> None:
        """Approve, reject, or leave it open. Raises DecisionNotTaken."""
        if verdict == "nobody":
            return
        reason = "This customer had an offer last month." if verdict == "reject" else ""
        answer = await self._api.post(
            f"/v1/approvals/{approval_id}/decision",
            json={"decision": verdict, "reason": reason},
            headers={"Authorization": f"Bearer {self.person.token}"},
        )
        if not answer.is_success:
            raise DecisionNotTaken(f"{answer.status_code}: {answer.text}")


def someone_who_may(people: Sequence[Person], group: str, author: str) -> Person:
    """The first person of a group who did not write the journey. Raises LookupError when there is none."""
    for person in people:
        if group in person.groups and person.email != author:
            return person
    raise LookupError(f"nobody of the group '{group}' may decide about what {author} wrote")
