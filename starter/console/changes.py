"""Changes under review as pages: what differs, what it touches, the decision, and what may be loosened again."""

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from starter.changes.reviewing import Changes, why_may_not_review
from starter.console.page import Console, PageRoute, SignedIn
from starter.identity.callers import Refusal, see_to
from starter.listings import PageNumber
from store.autonomy import tightenings

router = APIRouter(prefix="/changes", route_class=PageRoute)


@router.get("")
async def show_changes(console: SignedIn, page: PageNumber = 1) -> HTMLResponse:
    """Changes, those proposed last first, and the journeys that were tightened."""
    return await _show_all(console, page)


@router.post("/loosenings")
async def propose_loosening(console: SignedIn) -> Response:
    """Propose that a tightened journey may do again what its own tier says."""
    fields = await console.form()
    await see_to(console.services, console.person, "changes:decide")
    try:
        change = await Changes(console.services).loosen(
            fields.get("journey", ""), console.person, fields.get("reason", "")
        )
    except Refusal as refusal:
        return await _show_all(console, 1, refusal.status, str(refusal))
    return RedirectResponse(f"/changes/{change.id}", 303)


@router.get("/{change_id}")
async def show_change(console: SignedIn, change_id: str) -> HTMLResponse:
    """One change, with what differs."""
    return await _show(console, change_id)


@router.post("/{change_id}/decision")
async def decide(console: SignedIn, change_id: str) -> Response:
    """Take a decision about a change, or take it back."""
    fields = await console.form()
    await see_to(console.services, console.person, "changes:decide")
    changes, decision = Changes(console.services), fields.get("decision")
    try:
        if decision == "rollback":
            await changes.roll_back(change_id, console.person)
        else:
            await changes.decide(change_id, console.person, decision == "approve", fields.get("reason", ""))
    except Refusal as refusal:
        return await _show(console, change_id, refusal.status, str(refusal))
    return RedirectResponse(f"/changes/{change_id}", 303)


async def _show_all(console: Console, page: int, status: int = 200, problem: str = "") -> HTMLResponse:
    found = await Changes(console.services).list(None, page)
    async with console.services.database.reading() as session:
        tightened = await tightenings(session)
    may_propose = console.services.project.may(console.person, "changes:decide")
    known = {"found": found, "tightened": tightened, "may_propose": may_propose, "problem": problem}
    return await console.show("changes.html", status, **known)


async def _show(console: Console, change_id: str, status: int = 200, problem: str = "") -> HTMLResponse:
    change = await Changes(console.services).get(change_id)
    why_not = why_may_not_review(change, console.person)
    may_take_back = change.state == "approved" and bool(set(change.areas.values()) & set(console.person.groups))
    known = {"change": change, "why_not": why_not, "may_take_back": may_take_back, "problem": problem}
    return await console.show("change.html", status, **known)
