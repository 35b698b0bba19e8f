"""The audit log as its readers ask for it: one customer's, or a period's; listed, given out, and verified."""

import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from settings import Settings
from starter.auditing.anchor import Anchor, AnchorBroken
from starter.auditing.extract import extract_lines
from starter.auditing.sealer import seal_all
from starter.auditing.verifying import Fault, Verification, verify
from starter.identity.callers import Refusal
from store.audit import Narrowed, chained_entries, count_chained, list_entries, record
from store.customers import find_customer
from store.database import Database
from store.paging import Page
from store.sealing import Head, hash_at
from store.tables import AuditEntry, Customer


class NoSuchCustomer(Refusal):
    code, status = "not_found", 404


class TooMuch(Refusal):
    code, status = "invalid", 400


class NoSuchHead(Refusal):
    code, status = "no_such_head", 409


_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wanted:
    """Which entries somebody asks for. What is empty or None does not narrow; times are UTC, `until` excluded."""

    kind: str = ""
    subject: str = ""
    by: str = ""
    customer_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    head: Head | None = None
    """One that whoever is given an export knows: the export leads through it."""


def period(first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
    """From the beginning of the first day to the end of the last one, in UTC."""
    since = datetime.combine(first, time(), UTC) if first else None
    return since, datetime.combine(last + timedelta(days=1), time(), UTC) if last else None


async def find_entries(database: Database, wanted: Wanted, number: int = 1) -> Page[AuditEntry]:
    """A page of the entries, the latest first. Raises NoSuchCustomer."""
    async with database.reading() as session:
        return await list_entries(session, number=number, **await _narrowed(session, wanted))


async def check_export(database: Database, settings: Settings, wanted: Wanted, by: str) -> int:
    """Chain what is not chained yet, and say how many entries an export has. The log tells that somebody asked for
    it. Raises NoSuchCustomer, TooMuch for neither a customer nor a beginning, and NoSuchHead."""
    if not wanted.customer_id and wanted.since is None:
        raise TooMuch("Say whose entries, or from when: the whole log is not given out at once.")
    async with database.reading() as session:
        narrowed = await _narrowed(session, wanted)
        if wanted.head and await hash_at(session, wanted.head.count) != wanted.head.hash:
            raise NoSuchHead("The log does not hold this head; 'sojourn audit verify --head' says what is wrong.")
    try:
        await seal_all(database, Anchor(settings))
    except AnchorBroken as error:
        # What there is is given out: whoever knows another head will find that it does not lead there.
        _log.warning("%s", error)
    async with database.transaction() as session:
        _note_export(session, wanted, narrowed.get("customer"), by)
        return await count_chained(session, **narrowed)


async def export_lines(
    database: Database, wanted: Wanted, tell: Callable[[int], None] = lambda _: None
) -> AsyncGenerator[str]:
    """One customer's entries, or a period's, whole and in the order of the chain, as starter.auditing.extract has
    them. Ask check_export before; `tell` is told how many entries were given out so far."""
    async with database.reading() as session:
        chosen = chained_entries(session, **await _narrowed(session, wanted))
        async for line in extract_lines(session, chosen, wanted.head, tell):
            yield line


async def verify_log(
    database: Database,
    settings: Settings,
    heads: Sequence[tuple[str, Head]] = (),
    tell: Callable[[int], None] = lambda _: None,
) -> Verification:
    """Verify the log against the head that the sealer keeps, and against `heads`, each with where it was kept."""
    anchor, known, broken = Anchor(settings), list(heads), list[Fault]()
    try:
        kept = anchor.read()
        known += [(str(anchor.file), kept)] if kept else []
    except AnchorBroken as error:
        broken.append(Fault(0, None, str(error)))
    found = await verify(database, known, tell)
    return Verification(found.entries, found.loose, found.head, [*broken, *found.faults], bool(known or broken))


def _note_export(session: AsyncSession, wanted: Wanted, customer: Customer | None, by: str) -> None:
    period = {name: day.isoformat() if day else "" for name, day in (("from", wanted.since), ("to", wanted.until))}
    words = {"kind": wanted.kind, "subject": wanted.subject, "by": wanted.by, **period}
    facts = {"what": "entries of this log", **{name: word for name, word in words.items() if word}}
    customer_id = customer.id if customer else ""
    record(session, "export", "audit", by, facts, at=datetime.now(UTC), customer_id=customer_id)


async def _narrowed(session: AsyncSession, wanted: Wanted) -> Narrowed:
    return {
        "kind": wanted.kind,
        "subject": wanted.subject,
        "by": wanted.by,
        "customer": await _customer(session, wanted.customer_id) if wanted.customer_id else None,
        "since": wanted.since,
        "until": wanted.until,
    }


async def _customer(session: AsyncSession, customer_id: str) -> Customer:
    customer = await find_customer(session, customer_id)
    if customer is None:
        raise NoSuchCustomer(f"There is no customer '{customer_id}'; 'sojourn customer list' finds ids.")
    return customer
