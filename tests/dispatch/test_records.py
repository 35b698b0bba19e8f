"""What the store keeps of runs, leases and the outbox holds in whatever order it is told."""

from datetime import UTC, datetime, timedelta

from store.database import Database
from store.leases import release_lease, take_lease
from store.outbox import backlog, bury, due_entries, postpone
from store.runs import add_run, close_run, last_run, open_runs, record_start
from store.tables import EventRecord, OutboxEntry, Run
from tests import seeding

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
TERM = timedelta(seconds=5)


async def a_run(database: Database, start_seq: int = 1, state: str = "starting") -> int:
    """A run of Lena's."""
    run = Run(
        workflow_id="j:c_lena:-",
        journey="j",
        version="v",
        customer_id="c_lena",
        start_seq=start_seq,
        state=state,
        started_at=NOON,
    )
    async with database.transaction() as session:
        await add_run(session, run)
    assert run.id is not None
    return run.id


async def newest(database: Database) -> Run:
    async with database.reading() as session:
        run = await last_run(session, ["j:c_lena:-"])
    assert run is not None
    return run


async def test_a_run_may_end_before_its_start_is_recorded(database: Database) -> None:
    await seeding.put(database, seeding.customer())
    run_id = await a_run(database)
    async with database.transaction() as session:
        await close_run(session, "j:c_lena:-", "first", "goal", "bought", NOON)
    async with database.transaction() as session:
        await record_start(session, run_id, "first")
    run = await newest(database)
    assert (run.state, run.first_run_id, run.outcome) == ("closed", "first", "goal")


async def test_the_first_end_of_a_run_stays(database: Database) -> None:
    await seeding.put(database, seeding.customer())
    await record_start_of(database, await a_run(database))
    async with database.transaction() as session:
        await close_run(session, "j:c_lena:-", "first", "goal", "bought", NOON)
        await close_run(session, "j:c_lena:-", "first", "lost", "not found", NOON)
    run = await newest(database)
    assert (run.outcome, run.ended_at) == ("goal", NOON)


async def record_start_of(database: Database, run_id: int) -> None:
    async with database.transaction() as session:
        await record_start(session, run_id, "first")


async def test_a_run_taken_for_lost_may_still_tell_its_own_end(database: Database) -> None:
    await seeding.put(database, seeding.customer())
    await record_start_of(database, await a_run(database))
    async with database.transaction() as session:
        await close_run(session, "j:c_lena:-", "first", "lost", "not found", NOON)
        await close_run(session, "j:c_lena:-", "first", "goal", "bought", NOON)
    assert (await newest(database)).outcome == "goal"


async def test_the_end_of_one_run_does_not_close_the_next(database: Database) -> None:
    await seeding.put(database, seeding.customer())
    await record_start_of(database, await a_run(database, start_seq=1))
    await a_run(database, start_seq=2)
    async with database.transaction() as session:
        await close_run(session, "j:c_lena:-", "first", "goal", "bought", NOON)
    async with database.reading() as session:
        assert [run.start_seq for run in await open_runs(session, ["c_lena"])] == [2]


async def take(database: Database, owner: str, at: datetime) -> bool:
    async with database.transaction() as session:
        return await take_lease(session, "job", owner, at, TERM)


async def test_a_lease_is_held_by_one_until_it_runs_out(database: Database) -> None:
    assert await take(database, "a", NOON)
    assert not await take(database, "b", NOON + timedelta(seconds=4))
    assert await take(database, "a", NOON + timedelta(seconds=4))
    assert not await take(database, "b", NOON + timedelta(seconds=8))
    assert await take(database, "b", NOON + timedelta(seconds=9))
    assert not await take(database, "a", NOON + timedelta(seconds=10))


async def test_a_lease_given_up_is_free_at_once(database: Database) -> None:
    assert await take(database, "a", NOON)
    async with database.transaction() as session:
        await release_lease(session, "job", "b")
    assert not await take(database, "b", NOON)
    async with database.transaction() as session:
        await release_lease(session, "job", "a")
    assert await take(database, "b", NOON)


async def test_a_customers_later_events_wait_for_the_one_put_off(database: Database) -> None:
    await seeding.put(database, seeding.customer(), seeding.customer("c_omar"))
    shopper = {1: "c_lena", 2: "c_omar", 3: "c_lena", 4: "c_omar"}
    await seeding.put(database, *(event(seq, who) for seq, who in shopper.items()))
    await seeding.put(database, *(OutboxEntry(seq=seq, customer_id=who) for seq, who in shopper.items()))
    async with database.transaction() as session:
        await postpone(session, 1, "busy", NOON + TERM)
        await bury(session, 2, "too large")
    async with database.reading() as session:
        assert [e.seq for e in await due_entries(session, NOON, [], 10)] == [4]
        assert [e.seq for e in await due_entries(session, NOON + TERM, [], 10)] == [1, 3, 4]
        assert [e.seq for e in await due_entries(session, NOON + TERM, ["c_lena"], 10)] == [4]
        assert await backlog(session, 100) == 3
        assert await backlog(session, 2) == 2


def event(seq: int, customer_id: str) -> EventRecord:
    return EventRecord(
        seq=seq,
        id=f"m{seq}",
        customer_id=customer_id,
        name="Viewed",
        properties={},
        occurred_at=NOON,
        received_at=NOON,
    )
