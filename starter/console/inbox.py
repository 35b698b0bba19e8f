"""The inbox: one card an approval, with all that is needed to decide."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.grounds import Grounds
from starter.approvals.decisions import Approvals
from starter.approvals.grants import LONGEST, MOST_USES
from starter.approvals.refusals import DecisionRefused
from starter.approvals.rights import who_may_be_handed, why_may_not_decide
from starter.console.deciding import take_decision, told
from starter.console.page import Console, PageRoute, SignedIn
from starter.console.preview import Preview, framed, preview_of
from starter.identity.callers import see_to
from starter.listings import PageNumber
from store.approvals import count_alike, open_approvals, settled_approvals
from store.history import recent_contacts
from store.tables import Approval, Delivery

_CARDS = 8
_LATELY = 5
_CONTACTS = 4
_LIMITS: dict[str, Any] = {"most_uses": MOST_USES, "longest": LONGEST}

router = APIRouter(prefix="/approvals", route_class=PageRoute)


@dataclass(frozen=True)
class Card:
    """One approval as its approver needs it. `why_not` says why they may not decide it, if so."""

    approval: Approval
    preview: Preview
    grounds: Grounds
    contacts: list[Delivery]
    why_not: str
    hand_to: list[str]
    """The groups and colleagues to whom they may hand it."""
    zone: str = "UTC"
    """By whose clock the group works that is asked."""
    alike: int = 0
    """How many open ones are like it, itself among them."""
    problem: str = ""
    """Why the decision just tried was not taken."""
    reason: str = ""
    """What they wrote, kept for the next try."""
    fresh: str = ""
    """What came of the decision, in the very answer to it."""

    @property
    def next_turn(self) -> "Turn | None":
        """The next group that is asked if nobody decides, and when."""
        turns = (Turn(datetime.fromisoformat(each["at"]), each["group"]) for each in self.approval.turns)
        return next((turn for turn in turns if turn.at > datetime.now(UTC)), None)


@dataclass(frozen=True)
class Turn:
    """From when on another group is asked. `at` is in UTC."""

    at: datetime
    group: str


@router.get("")
async def show_inbox(
    console: SignedIn,
    show: Literal["mine", "all", "decided"] = "mine",
    page: PageNumber = 1,
) -> HTMLResponse:
    """What waits for this person, for anyone, or what was decided."""
    async with console.services.database.reading() as session:
        if show == "decided":
            found = await settled_approvals(session, None, page)
            lately = found.rows[:0]
        else:
            groups = console.person.groups if show == "mine" else None
            found = await open_approvals(session, groups, page, _CARDS)
            lately = (await settled_approvals(session, None, 1, _LATELY)).rows
        kinds = await count_alike(session, {row.similar for row in found.rows})
        cards = [await _card(session, console, row, alike=kinds.get(row.similar, 0)) for row in found.rows]
    return await console.show("inbox.html", show=show, cards=cards, lately=lately, found=found, **_LIMITS)


@router.get("/{approval_id}")
async def show_approval(console: SignedIn, approval_id: str) -> HTMLResponse:
    """One approval on its own page: where links from chats and mails lead."""
    return await _show_one(console, await Approvals(console.services).get(approval_id), whole=True)


@router.get("/{approval_id}/message")
async def show_message(console: SignedIn, approval_id: str) -> HTMLResponse:
    """The mail itself, for the frame on the card. It may run nothing and load nothing from elsewhere: an
    image fetched here would count as an open by the customer."""
    shown = preview_of(await Approvals(console.services).get(approval_id))
    return framed(shown.html)


@router.post("/{approval_id}/decision")
async def decide(console: SignedIn, approval_id: str) -> Response:
    """Take the decision on a card. With htmx the card comes back, without it the page."""
    fields, service = await console.form(), Approvals(console.services)
    await see_to(console.services, console.person, "approvals:decide")
    try:
        decided = await take_decision(console.services, console.person, approval_id, fields)
    except DecisionRefused as refusal:
        approval, reason = await service.get(approval_id), fields.get("reason", "")
        return await _show_one(console, approval, refusal.status, problem=str(refusal), reason=reason)
    if "hx-request" not in console.request.headers:
        return RedirectResponse(f"/approvals/{approval_id}", 303)
    return await _show_one(console, await service.get(approval_id), fresh=told(decided))


async def _show_one(
    console: Console,
    approval: Approval,
    status: int = 200,
    *,
    problem: str = "",
    reason: str = "",
    fresh: str = "",
    whole: bool = False,
) -> HTMLResponse:
    """The page of an approval; its card alone when htmx asks for it and not for the `whole`."""
    async with console.services.database.reading() as session:
        card = await _card(session, console, approval, problem=problem, reason=reason, fresh=fresh)
    whole = whole or "hx-request" not in console.request.headers
    return await console.show("approval.html" if whole else "_card.html", status, card=card, **_LIMITS)


async def _card(
    session: AsyncSession,
    console: Console,
    approval: Approval,
    *,
    alike: int = 0,
    problem: str = "",
    reason: str = "",
    fresh: str = "",
) -> Card:
    return Card(
        approval=approval,
        preview=preview_of(approval),
        grounds=Grounds.model_validate(approval.grounds),
        contacts=list(await recent_contacts(session, approval.customer_id, _CONTACTS)),
        why_not=why_may_not_decide(approval, console.person),
        zone=console.services.project.zone_of(approval.group),
        alike=alike,
        hand_to=who_may_be_handed(console.services.project, approval, console.person),
        problem=problem,
        reason=reason,
        fresh=fresh,
    )
