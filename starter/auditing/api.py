"""The audit log over HTTP: listed, given out and verified, for whoever may read it."""

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from project.access import Person
from starter.auditing.reading import Wanted, check_export, export_lines, find_entries, period, verify_log
from starter.identity.callers import CallerRoute, may
from starter.listings import PageNumber
from starter.services import Shared
from store.audit import Kind
from store.sealing import HEAD, head_from

router = APIRouter(prefix="/v1/audit", route_class=CallerRoute, tags=["audit"])
_Reader = Annotated[Person, may("audit:read")]


class EntryView(BaseModel):
    """One entry, `at` in UTC. `position` is None, and `hash` empty, until it is chained."""

    id: int
    at: datetime
    kind: Kind
    subject: str
    by: str
    customer_id: str
    facts: dict[str, Any]
    evidence: dict[str, Any]
    evidence_digest: str
    position: int | None
    previous: str
    hash: str


class EntryList(BaseModel):
    """One page of entries; ask for the page after it while `more` is true."""

    entries: list[EntryView]
    page: int
    more: bool


class FaultView(BaseModel):
    """One thing that is wrong with the chain, and where."""

    position: int
    entry: int | None
    what: str


class VerificationView(BaseModel):
    """What came of verifying the log: whole when there are no faults."""

    entries: int
    loose: int
    head: str
    headed: bool
    faults: list[FaultView]


def wanted_of(
    kind: Kind | None = None,
    subject: str = "",
    by: str = "",
    customer: str = "",
    since: date | None = None,
    until: date | None = None,
) -> Wanted:
    """Which entries a caller asks for. `since` and `until` are the first and the last day, in UTC."""
    first, after = period(since, until)
    return Wanted(kind or "", subject, by, customer, first, after)


_Asked = Annotated[Wanted, Depends(wanted_of)]


@router.get("")
async def list_audit(_caller: _Reader, services: Shared, wanted: _Asked, page: PageNumber = 1) -> EntryList:
    """Entries, the latest first."""
    found = await find_entries(services.database, wanted, page)
    entries = [EntryView.model_validate(row.model_dump()) for row in found.rows]
    return EntryList(entries=entries, page=found.number, more=found.more)


@router.get("/export")
async def export_audit(
    caller: _Reader, services: Shared, wanted: _Asked, head: Annotated[str, Query(pattern=HEAD)] = ""
) -> StreamingResponse:
    """One customer's entries or a period's for a regulator, in the order of the chain: one JSON object a line,
    with the links between them; `sojourn audit verify FILE` verifies it. It leads through `head`, COUNT:HASH."""
    wanted = replace(wanted, head=head_from(head) if head else None)
    await check_export(services.database, services.settings, wanted, caller.email)
    return StreamingResponse(export_lines(services.database, wanted), media_type="application/x-ndjson")


@router.get("/verification")
async def verify_audit(_caller: _Reader, services: Shared) -> VerificationView:
    """Check every link of the chain now. It reads the whole log."""
    found = await verify_log(services.database, services.settings)
    return VerificationView.model_validate(found, from_attributes=True)
