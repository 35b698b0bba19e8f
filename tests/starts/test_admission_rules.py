"""When a journey may start: its days, its cap, the customers it leaves alone, and starting again."""

from datetime import UTC, datetime, timedelta

import pytest

from journeys.assignment import share
from starter.services import Services
from store.runs import close_run
from store.tables import Run
from tests.dispatch.conftest import dispatch, history, started_times
from tests.starts.conftest import NAME, Person, publish, runs

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


async def ends(shop: Services, run: Run, at: datetime) -> None:
    """The run is over, in Temporal and in the store."""
    await shop.temporal.get_workflow_handle(run.workflow_id).terminate("the test ends it")
    async with shop.database.transaction() as session:
        await close_run(session, run.workflow_id, run.first_run_id, "completed", "", at)


@pytest.mark.parametrize(
    ("at", "starts"),
    [
        (datetime(2026, 3, 9, 22, 59, tzinfo=UTC), 0),
        (datetime(2026, 3, 9, 23, 0, tzinfo=UTC), 1),
        (datetime(2026, 3, 12, 22, 59, tzinfo=UTC), 1),
        (datetime(2026, 3, 12, 23, 0, tzinfo=UTC), 0),
    ],
)
async def test_the_first_and_the_last_day_are_those_of_the_projects_calendar(
    shop: Services, lena: Person, at: datetime, starts: int
) -> None:
    publish(shop, "{event: Signed Up, from: 2026-03-10, to: 2026-03-12}")
    await lena.does("Signed Up", at)
    await dispatch(shop)
    assert len(await runs(shop)) == starts


async def test_a_customer_whose_zone_is_known_has_their_own_days(shop: Services, lena: Person) -> None:
    publish(shop, "{event: Signed Up, from: 2026-03-10}")
    await lena.becomes(time_zone="Asia/Tokyo")
    await lena.does("Signed Up", datetime(2026, 3, 9, 15, tzinfo=UTC))
    await dispatch(shop)
    assert len(await runs(shop)) == 1


async def test_the_cap_counts_every_customers_start_and_lets_go_after_its_time(shop: Services) -> None:
    publish(shop, "{event: Signed Up, most: {starts: 2, within: 1h}}")
    for minute in (0, 10, 59, 60, 65, 70):
        await Person(shop, f"user-{minute}").does("Signed Up", NOON + timedelta(minutes=minute))
        await dispatch(shop)
    minutes = [(run.started_at - NOON) // timedelta(minutes=1) for run in await runs(shop)]
    assert minutes == [0, 10, 60, 70]


async def test_customers_who_come_at_the_same_moment_do_not_break_the_cap(shop: Services) -> None:
    publish(shop, "{event: Signed Up, most: {starts: 3, within: 1h}}")
    for number in range(20):
        await Person(shop, f"user-{number}").does("Signed Up", NOON)
    await dispatch(shop)
    assert [run.state for run in await runs(shop)] == ["open"] * 3


async def test_a_late_event_does_not_break_the_cap_of_what_came_after_it(shop: Services) -> None:
    publish(shop, "{event: Signed Up, most: {starts: 1, within: 1h}}")
    for number, at in enumerate((NOON, NOON - timedelta(minutes=30))):
        await Person(shop, f"user-{number}").does("Signed Up", at)
        await dispatch(shop)
    assert [run.started_at for run in await runs(shop)] == [NOON]


async def test_the_holdout_is_recorded_and_never_started(shop: Services) -> None:
    publish(shop, "{event: Signed Up}", more="holdout: 50%")
    shoppers = [Person(shop, f"user-{number}") for number in range(12)]
    for shopper in shoppers:
        await shopper.does("Signed Up", NOON)
    await dispatch(shop)
    found = await runs(shop)
    assert {run.customer_id for run in found} == {await shopper.customer_id() for shopper in shoppers}
    for run in found:
        held_out = share(f"holdout:{NAME}", run.customer_id) < 0.5
        assert (run.state, run.outcome) == (("closed", "holdout") if held_out else ("open", ""))
        assert bool(run.first_run_id) is not held_out


async def test_a_customer_held_out_stays_so_and_is_counted_once(shop: Services, lena: Person) -> None:
    publish(shop, "{event: Signed Up}", more="holdout: 100%")
    for _ in range(2):
        await lena.does("Signed Up", NOON)
    await dispatch(shop)
    assert [(run.outcome, run.ended_at) for run in await runs(shop)] == [("holdout", NOON)]
    assert await started_times(shop, (await runs(shop))[0].workflow_id) == 0


async def test_those_held_out_leave_the_cap_to_the_others(shop: Services, lena: Person, omar: Person) -> None:
    publish(shop, "{event: Signed Up, most: {starts: 1, within: 1h}}", more="holdout: 100%")
    await lena.does("Signed Up", NOON)
    await dispatch(shop)
    publish(shop, "{event: Signed Up, most: {starts: 1, within: 1h}}")
    await omar.does("Signed Up", NOON)
    await dispatch(shop)
    assert [run.outcome for run in await runs(shop)] == ["holdout", ""]


@pytest.mark.parametrize(
    ("again", "while_open", "after_an_hour", "after_a_day"),
    [("never", 1, 1, 1), ("one at a time", 1, 2, 3), ("any time", 2, 3, 4), ("after 1d", 1, 1, 2)],
)
async def test_starting_again(
    shop: Services, lena: Person, again: str, while_open: int, after_an_hour: int, after_a_day: int
) -> None:
    publish(shop, f"{{event: Signed Up, again: {again}}}")
    counts: list[int] = []
    await lena.does("Signed Up", NOON)
    await dispatch(shop)
    for later in (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)):
        if later >= timedelta(hours=1):
            for run in await runs(shop):
                if run.state == "open":
                    await ends(shop, run, NOON + later)
        await lena.does("Signed Up", NOON + later)
        await dispatch(shop)
        counts.append(len(await runs(shop)))
    assert counts == [while_open, after_an_hour, after_a_day]


async def test_runs_at_any_time_are_open_side_by_side_and_each_hears_its_customer(
    shop: Services, lena: Person
) -> None:
    publish(shop, "{event: Signed Up, again: any time}", more="stop: [Left]")
    for _ in range(2):
        await lena.does("Signed Up", NOON)
    await lena.does("Left", NOON)
    await dispatch(shop)
    first, second = await runs(shop)
    assert first.workflow_id != second.workflow_id
    for run in (first, second):
        assert [event.name for event in (await history(shop, run.workflow_id)).signals] == ["Left"]
