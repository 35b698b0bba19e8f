"""The database refuses to change, delete or chain anew what the audit log holds."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, delete, select, update

from store.audit import record
from store.database import Database
from store.sealing import seal
from store.tables import AuditEntry

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
async def log(database: Database) -> Database:
    """A log with one entry that is chained."""
    async with database.transaction() as session:
        record(session, "refusal", "door:x", "ana", {"n": 1}, at=NOON, customer_id="c_1", evidence={"why": "late"})
    async with database.transaction() as session:
        assert await seal(session) == 1
    return database


async def test_neither_an_update_nor_a_deletion_is_taken(log: Database):
    changes = [
        {"by": "nobody"},
        {"facts": {}},
        {"at": datetime(2026, 3, 1, tzinfo=UTC)},
        {"evidence": {"why": "early"}},
    ]
    changes += [{"position": 2}, {"hash": "0"}, {"customer_id": "c_2"}]
    for statement in [delete(AuditEntry), *(update(AuditEntry).values(**given) for given in changes)]:
        with pytest.raises(DBAPIError, match="append-only"):
            async with log.transaction() as session:
                await session.exec(statement)
    async with log.reading() as session:
        row = (await session.exec(select(AuditEntry))).one()
    assert (row.by, row.position, row.facts, row.evidence["why"]) == ("ana", 1, {"n": 1}, "late")


async def test_an_erasure_takes_the_evidence(log: Database):
    async with log.transaction() as session:
        mine = col(AuditEntry.customer_id) == "c_1"
        await session.exec(update(AuditEntry).where(mine).values(evidence={}))
    async with log.reading() as session:
        assert (await session.exec(select(AuditEntry))).one().evidence == {}


COLUMNS = '"at", kind, subject, "by", customer_id, facts, evidence, evidence_digest, salt, previous, earlier, hash'
FORGED = "'2026-03-02 12:00:00', 'login', 'x', 'eve', '', '{}', '{}', '', '', '', '', ''"


async def test_nothing_is_put_in_at_a_place_in_the_chain(log: Database):
    row = text(f"INSERT INTO audit_entry ({COLUMNS}, position) VALUES ({FORGED}, 2)")
    with pytest.raises(DBAPIError, match="append-only"):
        async with log.transaction() as session:
            await (await session.connection()).execute(row)


@pytest.mark.parametrize(
    "statement",
    [
        f"REPLACE INTO audit_entry (id, {COLUMNS}) VALUES (1, {FORGED})",
        "UPDATE OR REPLACE audit_entry SET position = 1 WHERE position IS NULL",
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_sqlite_puts_nothing_in_the_place_of_an_entry(log: Database, statement: str):
    async with log.transaction() as session:
        record(session, "login", "x", "eve", {}, at=NOON)
    with pytest.raises(DBAPIError, match="append-only"):
        async with log.transaction() as session:
            await (await session.connection()).execute(text(statement))


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_postgresql_does_not_truncate_it(log: Database):
    with pytest.raises(DBAPIError, match="append-only"):
        async with log.transaction() as session:
            await (await session.connection()).execute(text("TRUNCATE audit_entry"))
