"""Many approvals of one kind decided together: one look at what differs, then each by itself over the one path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from starter.approvals.decisions import Approvals
from starter.approvals.refusals import DecisionRefused, TemporalUnavailable
from starter.approvals.rights import why_may_not_decide
from starter.console.deciding import take_decision, told
from starter.console.differing import compare
from starter.console.page import Console, PageRoute, Problem, SignedIn
from starter.console.preview import preview_of
from starter.identity.callers import see_to
from store.approvals import approvals_with, open_alike
from store.tables import Approval

MOST = 50
"""How many are shown and decided at once: as many as a person can look over."""

_NOTHING = (
    "Only what is open, yours to decide and of one kind (one step, content and offer) can be decided together. "
    "What a person must decide one by one cannot."
)

router = APIRouter(prefix="/approvals/together", route_class=PageRoute)


@dataclass(frozen=True)
class Outcome:
    """What came of one of them."""

    approval_id: str
    recipient: str
    words: str
    taken: bool


@router.get("")
async def show_together(
    console: SignedIn,
    id: Annotated[list[str], Query(max_length=MOST)] = [],  # noqa: A002, B006 it is the field's name; FastAPI copies
    like: str = "",
) -> HTMLResponse:
    """The chosen ones, or all that are `like` one, with what they have in common and where they differ."""
    asked = await _asked_for(console, id, like)
    found = _of_one_kind(console, asked)
    if not found:
        raise Problem(409, "There is nothing to decide together", _NOTHING)
    left_out, preview = len(asked) - len(found), preview_of(found[0])
    return await console.show("together.html", alike=compare(found), left_out=left_out, preview=preview)


@router.post("/decision")
async def decide_together(console: SignedIn) -> HTMLResponse:
    """Decide each of the listed ones as it was seen. What cannot be taken is told beside what was."""
    fields = await console.form()
    await see_to(console.services, console.person, "approvals:decide")
    choices = [str(value) for value in (await console.request.form()).getlist("choice")][:MOST]
    outcomes = list[Outcome]()
    for position, choice in enumerate(choices):
        try:
            outcomes.append(await _decide_one(console, choice, fields))
        except TemporalUnavailable as refusal:
            outcomes += [Outcome(each.partition(" ")[0], "", str(refusal), False) for each in choices[position:]]
            break
    return await console.show("together_decided.html", outcomes=outcomes)


async def _asked_for(console: Console, ids: Sequence[str], like: str) -> Sequence[Approval]:
    async with console.services.database.reading() as session:
        if like:
            return await open_alike(session, like, MOST)
        return await approvals_with(session, ids)


def _of_one_kind(console: Console, found: Sequence[Approval]) -> list[Approval]:
    """Those that are like the first which this person may decide."""
    able = [row for row in found if row.state == "open" and not why_may_not_decide(row, console.person)]
    return [row for row in able if row.similar and row.similar == able[0].similar]


async def _decide_one(console: Console, choice: str, fields: Mapping[str, str]) -> Outcome:
    """Decide one, as it was seen. Raises TemporalUnavailable."""
    approval_id, _, seen = choice.partition(" ")
    recipient = ""
    try:
        recipient = (await Approvals(console.services).get(approval_id)).recipient
        decided = await take_decision(console.services, console.person, approval_id, {**fields, "seen": seen})
    except TemporalUnavailable:
        raise
    except DecisionRefused as refusal:
        return Outcome(approval_id, recipient, str(refusal), False)
    return Outcome(approval_id, recipient, told(decided), True)
