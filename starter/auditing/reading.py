"""The audit log as its readers ask for it: one customer's, or a period's; listed, given out, and verified."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from settings import Settings
from starter.auditing.anchor import Anchor, AnchorBroken
from starter.auditing.verifying import Fault, Verification, verify
from starter.identity.callers import Refusal
from store.audit import entries_between, entries_of, list_entries
from store.customers import find_customer
from store.database import Database
from store.paging import Page
from store.sealing import Head
from store.tables import AuditEntry, Customer


class NoSuchCustomer(Refusal):
    code, status = "not_found", 404


class TooMuch(Refusal):
    code, status = "invalid", 400


@dataclass(frozen=True)
class Wanted:
    """Which entries somebody asks for. What is empty or None does not narrow; times are UTC, `until` excluded."""

    kind: str = ""
    subject: str = ""
    by: str = ""
    customer_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


def period(first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
    """From the beginning of the first day to the end of the last one, in UTC."""
    since = datetime.combine(first, time(), UTC) if first else None
    return since, datetime.combine(last + timedelta(days=1), time(), UTC) if last else None


async def find_entries(database: Database, wanted: Wanted, number: int = 1) -> Page[AuditEntry]:
    """A page of the entries, the latest first. Raises NoSuchCustomer."""
    async with database.reading() as session:
        return await list_entries(
            session,
            kind=wanted.kind,
            subject=wanted.subject,
            by=wanted.by,
            customer=await _customer(session, wanted.customer_id) if wanted.customer_id else None,
            since=wanted.since,
            until=wanted.until,
            number=number,
        )


async def check_export(database: Database, wanted: Wanted) -> None:
    """Raises NoSuchCustomer, or TooMuch for neither a customer nor a beginning."""
    if wanted.customer_id:
        async with database.reading() as session:
            await _customer(session, wanted.customer_id)
    elif wanted.since is None:
        raise TooMuch("Say whose entries, or from when: the whole log is not given out at once.")


async def export_lines(database: Database, wanted: Wanted) -> AsyncGenerator[str]:
    """One customer's entries, or a period's, whole and in the order of writing: each a JSON object on a line, with
    its place in the chain. Ask check_export before."""
    async with database.reading() as session:
        if wanted.customer_id:
            chosen = entries_of(session, await _customer(session, wanted.customer_id))
        else:
            assert wanted.since, "check_export was asked"
            chosen = entries_between(session, wanted.since, wanted.until or datetime.now(UTC))
        async for entry in chosen:
            if _within(entry, wanted):
                yield entry.model_dump_json() + "\n"


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


def _within(entry: AuditEntry, wanted: Wanted) -> bool:
    after = wanted.since is None or entry.at >= wanted.since
    before = wanted.until is None or entry.at < wanted.until
    asked = ((wanted.kind, entry.kind), (wanted.subject, entry.subject), (wanted.by, entry.by))
    return after and before and all(word in ("", told) for word, told in asked)


async def _customer(session: AsyncSession, customer_id: str) -> Customer:
    customer = await find_customer(session, customer_id)
    if customer is None:
        raise NoSuchCustomer(f"There is no customer '{customer_id}'; 'sojourn customer list' finds ids.")
    return customer
