"""Entries written by many at once are chained whole and in order, on either database."""

import asyncio

import pytest
from sqlmodel import col, delete, select, update

from settings import Settings
from starter.auditing.anchor import Anchor, AnchorBroken
from starter.auditing.sealer import seal_all
from starter.auditing.verifying import Verification, verify
from store.audit import record
from store.database import Database
from store.sealing import Head, head_of
from store.tables import AuditEntry, Customer
from tests.audit.conftest import ANA, AT, tampering, write, written
from tests.seeding import put


async def verified(database: Database, anchor: Anchor) -> Verification:
    kept = anchor.read()
    return await verify(database, [("the file", kept)] if kept else [])


async def test_a_log_is_whole_after_many_wrote_while_several_sealed(database: Database, anchor: Anchor) -> None:
    writers = [write(database, 20, first=1 + 20 * number) for number in range(8)]
    await asyncio.gather(*writers, *(seal_all(database, anchor) for _ in range(4)))
    await seal_all(database, anchor)
    found = await verified(database, anchor)
    assert (found.entries, found.loose, found.faults) == (160, 0, [])


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_an_entry_that_was_slow_to_commit_is_chained_after_the_faster_ones(
    database: Database, anchor: Anchor
) -> None:
    """On SQLite one transaction at a time writes."""
    async with database.transaction() as slow:
        record(slow, "login", "person:slow", ANA, {}, at=AT)
        await slow.flush()
        await written(database, anchor, 3)
    await seal_all(database, anchor)
    async with database.reading() as session:
        rows = (await session.exec(select(AuditEntry).order_by(col(AuditEntry.position)))).all()
    assert [row.subject for row in rows][-1] == "person:slow"
    assert (await verified(database, anchor)).faults == []


async def test_what_its_transaction_took_back_is_not_in_the_log(database: Database, anchor: Anchor) -> None:
    async with database.transaction() as session:
        record(session, "login", "person:nobody", ANA, {}, at=AT)
        await session.flush()
        await session.rollback()
    await written(database, anchor, 2)
    assert (await verified(database, anchor)).entries == 2


async def test_a_change_in_the_database_is_told_with_its_entry(database: Database, anchor: Anchor) -> None:
    await written(database, anchor, 5)
    async with tampering(database) as session:
        await session.exec(update(AuditEntry).where(col(AuditEntry.position) == 3).values(by="nobody"))
    found = await verified(database, anchor)
    told = "refusal of thing:3: it says something else than when it was chained"
    assert [(fault.position, fault.what) for fault in found.faults] == [(3, told)]


async def test_a_deletion_in_the_database_is_told(database: Database, anchor: Anchor) -> None:
    await written(database, anchor, 5)
    async with tampering(database) as session:
        await session.exec(delete(AuditEntry).where(col(AuditEntry.position).in_((2, 3))))
    found = await verified(database, anchor)
    assert [(fault.position, fault.what) for fault in found.faults] == [
        (4, "change of thing:4: 2 before it are missing")
    ]


async def test_entries_cut_off_at_the_end_are_missed_by_the_kept_head(
    sqlite_database: Database, anchor: Anchor
) -> None:
    await written(sqlite_database, anchor, 5)
    async with tampering(sqlite_database) as session:
        await session.exec(delete(AuditEntry).where(col(AuditEntry.position) > 3))
    found = await verified(sqlite_database, anchor)
    told = "the head in the file is not in the log: entry 5 is missing; the log was cut short"
    assert [fault.what for fault in found.faults] == [told]


async def test_a_log_that_grows_again_after_a_cut_does_not_become_the_truth(
    sqlite_database: Database, anchor: Anchor
) -> None:
    await written(sqlite_database, anchor, 5)
    async with tampering(sqlite_database) as session:
        await session.exec(delete(AuditEntry).where(col(AuditEntry.position) > 3))
    await write(sqlite_database, 4, first=10)
    with pytest.raises(AnchorBroken, match="does not hold the head"):
        await seal_all(sqlite_database, anchor)
    told = "the head in the file is not in the log: entry 5 is another; the log was chained anew"
    assert [fault.what for fault in (await verified(sqlite_database, anchor)).faults] == [told]


def test_a_head_that_someone_else_wrote_is_refused(anchor: Anchor) -> None:
    foreign = Anchor(Settings(audit_head_file=anchor.file, secret="another secret that is as long as it must be"))
    foreign.keep(Head(3, "f" * 64))
    with pytest.raises(AnchorBroken, match="was not signed by this installation"):
        anchor.read()


async def test_an_erasure_takes_the_evidence_and_leaves_the_chain(database: Database, anchor: Anchor) -> None:
    await written(database, anchor, 4)
    await put(database, Customer(id="c_lena", traits={}, created_at=AT, erased_at=AT))
    async with database.transaction() as session:
        await session.exec(update(AuditEntry).where(col(AuditEntry.customer_id) == "c_lena").values(evidence={}))
    assert (await verified(database, anchor)).faults == []


async def test_evidence_that_goes_without_an_erasure_is_told(sqlite_database: Database, anchor: Anchor) -> None:
    await written(sqlite_database, anchor, 4)
    async with tampering(sqlite_database) as session:
        await session.exec(update(AuditEntry).where(col(AuditEntry.position) == 1).values(evidence={}))
    assert [fault.what for fault in (await verified(sqlite_database, anchor)).faults] == [
        "verdict of thing:1: its evidence is gone, and its customer was not erased"
    ]


async def test_the_head_is_that_of_the_last_entry(sqlite_database: Database, anchor: Anchor) -> None:
    await written(sqlite_database, anchor, 3)
    async with sqlite_database.reading() as session:
        assert await head_of(session) == anchor.read()


async def test_what_is_no_json_is_refused_when_it_is_written(sqlite_database: Database) -> None:
    async with sqlite_database.transaction() as session:
        with pytest.raises(ValueError, match="not JSON compliant"):
            record(session, "login", "person:ana", ANA, {"share": float("nan")}, at=AT)
