"""The database refuses to change, delete or chain anew what the audit log holds."""

from datetime import UTC, datetime

import pytest
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
