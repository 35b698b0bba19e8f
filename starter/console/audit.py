"""The audit log as pages: found by kind, person, customer and period, verified, and given out."""

from datetime import date
from typing import get_args

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, StreamingResponse

from starter.auditing.reading import Wanted, check_export, export_lines, find_entries, period, verify_log
from starter.console.page import PageRoute, Problem, SignedIn
from starter.identity.callers import see_to
from starter.listings import PageNumber
from store.audit import Kind
from store.sealing import count_loose, head_of

router = APIRouter(prefix="/audit", route_class=PageRoute)
_FILTERS: tuple[str, ...] = ("kind", "by", "customer", "since", "until")


@router.get("")
async def show_audit(
    console: SignedIn,
    kind: str = "",
    by: str = "",
    customer: str = "",
    since: str = "",
    until: str = "",
    page: PageNumber = 1,
) -> HTMLResponse:
    """Entries, the latest first, and how long the chain is."""
    await see_to(console.services, console.person, "audit:read")
    asked: dict[str, str] = dict(zip(_FILTERS, (kind, by.strip(), customer.strip(), since, until), strict=True))
    found = await find_entries(console.services.database, _wanted(asked), page)
    async with console.services.database.reading() as session:
        head, loose = await head_of(session), await count_loose(session)
    return await console.show("audit.html", found=found, asked=asked, kinds=get_args(Kind), head=head, loose=loose)


@router.get("/verification")
async def show_verification(console: SignedIn) -> HTMLResponse:
    """Whether the chain is whole: every link is checked now."""
    await see_to(console.services, console.person, "audit:read")
    found = await verify_log(console.services.database, console.services.settings)
    return await console.show("verification.html", verification=found)


@router.get("/export")
async def export(
    console: SignedIn, kind: str = "", by: str = "", customer: str = "", since: str = "", until: str = ""
) -> StreamingResponse:
    """One customer's entries, or a period's, as a file that proves itself: one JSON object a line."""
    await see_to(console.services, console.person, "audit:read")
    wanted = _wanted(dict(zip(_FILTERS, (kind, by, customer, since, until), strict=True)))
    await check_export(console.services.database, console.services.settings, wanted, console.person.email)
    lines = export_lines(console.services.database, wanted)
    headers = {"Content-Disposition": 'attachment; filename="audit.jsonl"', "Cache-Control": "no-store"}
    return StreamingResponse(lines, media_type="application/x-ndjson", headers=headers)


def _wanted(asked: dict[str, str]) -> Wanted:
    """What the fields of the page ask for. Raises Problem for a day that is none."""
    try:
        days = [date.fromisoformat(asked[name]) if asked[name] else None for name in ("since", "until")]
    except ValueError as error:
        raise Problem(400, "This address is not right", "A day is written as 2026-03-01.") from error
    since, until = period(*days)
    return Wanted(asked["kind"], "", asked["by"], asked["customer"], since, until)
