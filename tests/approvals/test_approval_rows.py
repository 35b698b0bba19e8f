"""Approvals in the store: found in the right order, settled once."""

from datetime import timedelta

from store.approvals import (
    approvals_of_run,
    count_open_approvals,
    find_approval,
    mark_decided,
    open_approvals,
    settled_approvals,
)
from store.database import Database
from tests.seeding import NOW, approval, customer, put


async def test_the_nearest_deadline_comes_first(database: Database) -> None:
    later, sooner = NOW + timedelta(hours=9), NOW + timedelta(hours=1)
    await put(database, customer(), approval("a_later", deadline=later), approval("a_sooner", deadline=sooner))
    async with database.reading() as session:
        assert [row.id for row in (await open_approvals(session)).rows] == ["a_sooner", "a_later"]


async def test_a_group_sees_its_own(database: Database) -> None:
    await put(database, customer(), approval("a_1"), approval("a_2", group="support"))
    async with database.reading() as session:
        assert [row.id for row in (await open_approvals(session, ["support"])).rows] == ["a_2"]
        assert (await open_approvals(session, [])).rows == []
        assert await count_open_approvals(session) == 2


async def test_what_was_settled_last_comes_first(database: Database) -> None:
    old = approval("a_old", state="approved", decided_at=NOW - timedelta(hours=2))
    new = approval("a_new", state="expired", decided_at=NOW - timedelta(hours=1))
    await put(database, customer(), old, new, approval("a_open"))
    async with database.reading() as session:
        assert [row.id for row in (await settled_approvals(session)).rows] == ["a_new", "a_old"]
        assert [row.id for row in (await settled_approvals(session, "approved")).rows] == ["a_old"]


async def test_only_the_first_decision_is_kept(database: Database) -> None:
    await put(database, customer(), approval())
    async with database.transaction() as session:
        assert await mark_decided(session, "a_1", state="approved", by="ada", at=NOW)
    async with database.transaction() as session:
        assert not await mark_decided(session, "a_1", state="rejected", by="eve", reason="no", at=NOW)
    async with database.reading() as session:
        row = await find_approval(session, "a_1")
    assert row is not None
    assert (row.state, row.decided_by, row.decided_at) == ("approved", "ada", NOW)


async def test_nothing_is_settled_that_was_never_asked(database: Database) -> None:
    async with database.transaction() as session:
        assert not await mark_decided(session, "a_1", state="approved", at=NOW)


async def test_a_run_finds_its_questions(database: Database) -> None:
    other = approval("a_2", first_run_id="00000000-0000-4000-8000-000000000002")
    mine = approval("a_1")
    await put(database, customer(), mine, other)
    async with database.reading() as session:
        found = await approvals_of_run(session, mine.workflow_id, mine.first_run_id)
    assert [row.id for row in found] == ["a_1"]
