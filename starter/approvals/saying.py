"""What a person says with a decision: the words of an edit, and a reason."""

from collections.abc import Mapping

from project.access import Person
from starter.approvals.refusals import EditRefused, ReasonNeeded
from store.tables import Approval

_LONGEST_REASON = 2_000
_LONGEST_EDIT = 200_000
"""Characters."""


def changed_words(approval: Approval, person: Person, edits: Mapping[str, str]) -> dict[str, str]:
    """The edits that change anything: none when the person's own are there already, and then they approve those.

    Raises EditRefused when nothing else changes either, or the approval has no such field.
    """
    for field in edits:
        if field not in approval.texts:
            there = ", ".join(approval.texts) or "nothing: approve it as it is, or reject it"
            raise EditRefused(f"'{field}' cannot be edited here; there is: {there}.")
    changed = {field: text for field, text in edits.items() if text != approval.texts[field]}
    if not changed and approval.edited_by != person.email:
        raise EditRefused("Nothing is changed by this; approve it as it is.")
    if sum(map(len, changed.values())) > _LONGEST_EDIT:
        raise EditRefused(f"The edit is too long; keep it under {_LONGEST_EDIT} characters.")
    return changed


def checked_reason(reason: str, approve: bool) -> str:
    """The reason, stripped. Raises ReasonNeeded for a rejection without one, and for one too long."""
    reason = reason.strip()
    if not approve and not reason:
        raise ReasonNeeded("Say why you reject it, so that the author can learn from it.")
    if len(reason) > _LONGEST_REASON:
        raise ReasonNeeded(f"The reason is too long; keep it under {_LONGEST_REASON} characters.")
    return reason
