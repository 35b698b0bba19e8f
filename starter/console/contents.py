"""Content as pages: what there is and where it stands, and each as a customer would get it, side by side."""

import asyncio
import hashlib
from datetime import UTC, datetime
from functools import partial

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from content.library import Entry
from deciding.live_content import published_content, subject_of
from starter.changes.contents import NotPublished, is_live, publish_content, who_must_agree, why_not_publish
from starter.changes.reviewing import Changes, ReviewUnavailable
from starter.console.page import Console, PageRoute, Problem, SignedIn
from starter.console.preview import framed, preview_of_fields
from starter.contents.previewing import Previewed, preview_entry, preview_for
from starter.contents.shelf import NoSuchContent, Shelf
from starter.customers.dossiers import find
from starter.identity.callers import see_to
from store.changes import find_open

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


@router.post("/{name}/publish")
async def publish(console: SignedIn, name: str) -> Response:
    """Publish a content over every channel, or propose it, exactly as it was shown."""
    fields, services = await console.form(), console.services
    await see_to(services, console.person, "approvals:decide")
    shelf = await _shelf(console)
    try:
        entries = shelf.entries(name)
        if fields.get("version") != _version(entries):
            raise NotPublished("It was changed since this page was shown. Look at it again.")
        propose = partial(Changes(services).propose, person=console.person)
        await publish_content(services.database, shelf, entries, console.person, propose)
    except (NotPublished, NoSuchContent, ReviewUnavailable) as refused:
        return await _show(console, name, "", 409, str(refused))
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
    found, shelf = await _previews(console, name, customer), await _shelf(console)
    waiting = [each.entry for each in found if not is_live(each.entry)]
    asked = {entry.place: who_must_agree(shelf.project.review, entry) for entry in waiting}
    async with console.services.database.reading() as session:
        proposed = {
            entry.place: await find_open(session, "content", subject_of(entry.place), entry.variant.version)
            for entry in waiting
        }
    return await console.show(
        "content.html",
        status,
        name=name,
        customer=customer,
        shown=[(each, preview_of_fields(each.rendered) if each.rendered else None) for each in found],
        pending=waiting,
        asked=asked,
        proposed=proposed,
        why_not=why_not_publish(shelf, waiting, console.person, datetime.now(UTC)),
        version=_version([each.entry for each in found]),
        problem=problem,
    )


def _version(entries: list[Entry]) -> str:
    """What is on the page, so that nothing else is approved by its button."""
    return hashlib.sha256("\n".join(entry.variant.version for entry in entries).encode()).hexdigest()


async def _shelf(console: Console) -> Shelf:
    """The content as its files are now, beside what is live."""
    services = console.services
    async with services.database.reading() as session:
        published = await published_content(session)
    return await asyncio.to_thread(Shelf.open, services.settings.project_dir, published, services.journeys)


async def _previews(console: Console, name: str, customer: str) -> list[Previewed]:
    """Raises Problem for an unknown content, and NoSuchCustomer."""
    shelf, now = await _shelf(console), datetime.now(UTC)
    try:
        if not customer:
            return [preview_entry(shelf, entry, now) for entry in shelf.entries(name)]
        async with console.services.database.reading() as session:
            return await preview_for(session, shelf, name, await find(session, customer), now)
    except NoSuchContent as unknown:
        raise Problem(404, "There is no such content", str(unknown)) from unknown
