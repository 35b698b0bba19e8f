"""An extract proves itself: it is verified without the log, and whatever is done to it is found."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, update

from settings import Settings
from starter.auditing.anchor import Anchor
from starter.auditing.proving import ExtractVerification, verify_extract
from starter.auditing.reading import NoSuchHead, Wanted, check_export, export_lines
from starter.auditing.sealer import seal_all
from store.database import Database
from store.sealing import Head, head_of
from store.tables import AuditEntry, Customer
from tests.audit.conftest import ANA, AT, write
from tests.seeding import SECRET, put

LENAS = [1, 41]


@pytest.fixture
def there(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path, secret=SECRET)


@pytest.fixture
async def log(database: Database, there: Settings) -> Database:
    """A log of 61 entries, of which the 1st and the 41st are about Lena, and the last 11 are not chained yet."""
    await put(database, Customer(id="c_lena", traits={}, created_at=AT))
    await write(database, 1)
    await write(database, 39, first=2, about="c_tom")
    await write(database, 1, first=41)
    await write(database, 9, first=42, about="c_tom")
    await seal_all(database, Anchor(there))
    await write(database, 11, first=51, about="c_tom")
    return database


async def extract(log: Database, there: Settings, wanted: Wanted) -> list[str]:
    await check_export(log, there, wanted, ANA)
    return [line async for line in export_lines(log, wanted)]


async def now(log: Database) -> Head:
    async with log.reading() as session:
        return await head_of(session)


def told(lines: list[str]) -> list[int]:
    """Where the entries stand of which an extract tells."""
    return [given["position"] for given in map(json.loads, lines) if "facts" in given]


async def test_a_customers_entries_are_verified_alone_and_lead_to_the_head(log: Database, there: Settings) -> None:
    known = await now(log)
    lines = await extract(log, there, Wanted(customer_id="c_lena", head=known))
    assert (told(lines), "c_tom" in "".join(lines)) == (LENAS, False)
    head = await now(log)
    assert verify_extract(lines, head) == ExtractVerification(
        entries=2, first=1, last=41, left_out=39, through=str(known), head=str(head), headed=True
    )
    assert (head.count, verify_extract(lines, known).faults) == (61, [])
    [fault] = verify_extract(lines, Head(known.count, "f" * 64)).faults
    assert fault.what.startswith("it does not lead through the head 50:ffff")


async def test_a_period_leaves_nothing_out(log: Database, there: Settings) -> None:
    minute = AT.replace(minute=20)
    lines = await extract(log, there, Wanted(since=minute, until=AT.replace(minute=30)))
    found = verify_extract(lines)
    assert (found.entries, found.first, found.last, found.left_out, found.faults) == (10, 20, 29, 0, [])


async def test_a_head_that_the_log_does_not_hold_is_refused(log: Database, there: Settings) -> None:
    with pytest.raises(NoSuchHead):
        await check_export(log, there, Wanted(customer_id="c_lena", head=Head(50, "f" * 64)), ANA)


async def test_the_evidence_of_someone_who_was_erased_is_gone_and_the_extract_holds(
    log: Database, there: Settings
) -> None:
    async with log.transaction() as session:
        await session.exec(update(AuditEntry).where(col(AuditEntry.customer_id) == "c_lena").values(evidence={}))
    found = verify_extract(await extract(log, there, Wanted(customer_id="c_lena")))
    assert (found.entries, found.erased, found.faults) == (2, 2, [])


async def test_an_extract_without_entries_leads_to_the_head(log: Database, there: Settings) -> None:
    lines = await extract(log, there, Wanted(customer_id="c_lena", kind="login"))
    found = verify_extract(lines, await now(log))
    assert (found.entries, found.faults) == (0, [])


def _with(at: int, **changes: Any) -> Callable[[list[str]], list[str]]:
    def change(lines: list[str]) -> list[str]:
        changed = lines.copy()
        changed[at] = json.dumps(json.loads(lines[at]) | changes)
        return changed

    return change


DONE: dict[str, Callable[[list[str]], list[str]]] = {
    "a fact changed": _with(1, facts={"number": 7}),
    "another did it": _with(1, by="nobody"),
    "evidence changed": _with(1, evidence={"contacts": 7}),
    "another position": _with(1, position=2),
    "a hash changed": _with(4, hash="f" * 64),
    "a link changed": _with(4, content="f" * 64),
    "another form": _with(0, form="another"),
    "a head that is not come by": _with(0, through=f"50:{'f' * 64}"),
    "another head": _with(-1, head=f"61:{'f' * 64}"),
    "two lines changed places": lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]],
    "a line twice": lambda lines: [*lines[:4], lines[3], *lines[4:]],
    "cut off, and headed anew": lambda lines: [*lines[:5], lines[-1]],
    "something put in": lambda lines: [*lines[:3], '{"facts": {}}', *lines[3:]],
    "something after its end": lambda lines: [*lines, lines[1]],
    "no JSON": lambda lines: ["entry", *lines],
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_whatever_is_done_to_an_extract_is_found(log: Database, there: Settings) -> None:
    lines = await extract(log, there, Wanted(customer_id="c_lena"))
    assert verify_extract(lines).faults == []
    assert [what for what, do in DONE.items() if not verify_extract(do(lines)).faults] == []
    without = [[*lines[:at], *lines[at + 1 :]] for at in range(len(lines))]
    assert [at for at, rest in enumerate(without) if not verify_extract(rest).faults] == []
