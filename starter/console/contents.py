"""Content as pages: what there is and where it stands, and each as a customer would get it, side by side."""

import asyncio
import hashlib
from datetime import UTC, datetime

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from content.library import Entry
from starter.callers import see_to
from starter.console.page import Console, PageRoute, Problem, SignedIn
from starter.console.preview import framed, preview_of_fields
from starter.contents.previewing import Previewed, preview_for, preview_sample
from starter.contents.shelf import ApprovalRefused, Shelf
from starter.customers.dossiers import find
from store.audit import record

router = APIRouter(prefix="/content", route_class=PageRoute)


@router.get("")
async def show_library(console: SignedIn) -> HTMLResponse:
    """All content by name and channel, and whether it may leave."""
    shelf = await _shelf(console)
    return await console.show("library.html", entries=shelf.entries())


@router.get("/{name}")
async def show_content(console: SignedIn, name: str, customer: str = "") -> HTMLResponse:
    """One content over every channel, for a customer by their id, or for someone made up."""
    return await _show(console, name, customer.strip())


@router.post("/{name}/approve")
async def approve(console: SignedIn, name: str) -> Response:
    """Approve a content over every channel, exactly as it was shown."""
    fields, now = await console.form(), datetime.now(UTC)
    await see_to(console.services, console.person, "approvals:decide")
    shelf = await _shelf(console)
    try:
        entries = shelf.entries(name)
        if fields.get("version") != _version(entries):
            raise ApprovalRefused("It was changed since this page was shown. Look at it again.")
        new = await asyncio.to_thread(shelf.approve, entries, console.person, now)
    except ApprovalRefused as refused:
        return await _show(console, name, "", 409, str(refused))
    async with console.services.database.transaction() as session:
        for entry in new:
            facts = {"what": "approved", "channel": entry.variant.channel, "version": entry.variant.version}
            record(session, "change", f"content:{name}", console.person.email, facts, at=now)
    return RedirectResponse(f"/content/{name}", 303)


@router.get("/{name}/{channel}/page")
async def show_page(console: SignedIn, name: str, channel: str, customer: str = "") -> HTMLResponse:
    """The mail itself, for the frame on the page."""
    found = await _previews(console, name, customer.strip())
    mails = [each.rendered for each in found if each.rendered and each.entry.variant.channel == channel]
    if not mails:
        raise Problem(404, "There is no such mail", "Its content has changed. Go back and reload.")
    fields = mails[0].fields
    return framed(str(fields.get("html", "")))


async def _show(console: Console, name: str, customer: str, status: int = 200, problem: str = "") -> HTMLResponse:
    found = await _previews(console, name, customer)
    waiting = [each.entry for each in found if each.entry.standing.state != "approved"]
    why_not = (await _shelf(console)).why_not(waiting, console.person, datetime.now(UTC))
    return await console.show(
        "content.html",
        status,
        name=name,
        customer=customer,
        shown=[(each, preview_of_fields(each.rendered) if each.rendered else None) for each in found],
        unapproved=waiting,
        why_not=why_not,
        version=_version([each.entry for each in found]),
        problem=problem,
    )


def _version(entries: list[Entry]) -> str:
    """What is on the page, so that nothing else is approved by its button."""
    return hashlib.sha256("\n".join(entry.variant.version for entry in entries).encode()).hexdigest()


async def _shelf(console: Console) -> Shelf:
    """The content as its files are now, which may be newer than what the workers send."""
    return await asyncio.to_thread(Shelf.open, console.services.settings.project_dir)


async def _previews(console: Console, name: str, customer: str) -> list[Previewed]:
    """Raises Problem for an unknown content, and NoSuchCustomer."""
    shelf, journeys, now = await _shelf(console), console.services.journeys, datetime.now(UTC)
    try:
        if not customer:
            return preview_sample(shelf, name, journeys, now)
        async with console.services.database.reading() as session:
            return await preview_for(session, shelf, name, await find(session, customer), journeys, now)
    except ApprovalRefused as refused:
        raise Problem(404, "There is no such content", str(refused)) from refused
