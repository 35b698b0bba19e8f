"""A schedule asks every customer whom its journey concerns, once for each of its moments, whatever happens."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from temporalio import activity
from temporalio.client import Client, ScheduleBackfill
from temporalio.worker import Worker

from activities.broadcasting import Broadcasting
from journeys.ids import broadcast_event_id
from journeys.model import Journey
from keys.codec import data_converter
from keys.customers import CustomerKeys, MasterKeys
from starter.app import create_app
from starter.runs.schedules import broadcasts, lessons, reconcile, schedule_id
from starter.services import Services
from store.database import Database
from store.tables import Customer, EventRecord, OutboxEntry, Run
from tests import seeding
from tests.dispatch.conftest import dispatch, history, rows
from tests.starts.conftest import publish
from tests.waiting import eventually
from worker import sandboxed_runner
from workflows.broadcast import Broadcast, BroadcastInput
from workflows.ports import BroadcastPage, BroadcastRequest

NINE = datetime(2026, 3, 10, 8, tzinfo=UTC)
DAILY = "{schedule: daily at 09:00, where: customer.plan == 'pro', again: any time}"


@pytest.fixture
def shop(shop: Services, request: pytest.FixtureRequest) -> Services:
    """The shop has a task queue of its own, so that its schedules and broadcasts keep apart."""
    queue = f"starts-{request.node.name}"
    return replace(shop, settings=shop.settings.model_copy(update={"task_queue": queue}))


@pytest.fixture
def name() -> str:
    """The name of the journey: broadcasts keep apart by it."""
    return f"daily-{secrets.token_hex(4)}"


async def has_customers(shop: Services, count: int, plan: str = "pro") -> set[str]:
    customers = [
        Customer(id=f"c_{plan}_{number:03}", traits={"plan": plan}, created_at=NINE) for number in range(count)
    ]
    await seeding.put(shop.database, *customers)
    return {customer.id for customer in customers}


async def asked(shop: Services) -> list[str]:
    return sorted(event.customer_id for event in await rows(shop, EventRecord))


@asynccontextmanager
async def working(shop: Services, broadcasting: Any) -> AsyncGenerator[None]:
    """A worker for broadcasts, with the workflow sandbox."""
    async with Worker(
        shop.temporal,
        task_queue=shop.settings.task_queue,
        workflows=[Broadcast],
        activities=[broadcasting.broadcast],
        workflow_runner=sandboxed_runner(),
        # As in production: what is cut off in a transaction keeps SQLite locked while this process lives.
        graceful_shutdown_timeout=timedelta(seconds=30),
    ):
        yield


async def broadcast(shop: Services, label: str) -> int:
    """A broadcast of the shop's journey to its end; gives how many were asked."""
    (given,) = broadcasts(shop.journeys, shop.project.time_zone).values()
    at_nine = given.model_copy(update={"scheduled_at": NINE})
    handle = await shop.temporal.start_workflow(
        Broadcast.run, at_nine, id=f"{label}:{given.journey}", task_queue=shop.settings.task_queue
    )
    return (await handle.result()).asked


async def test_everyone_whom_the_journey_concerns_is_asked_over_several_pages(shop: Services, name: str) -> None:
    publish(shop, DAILY, name=name)
    pros = await has_customers(shop, 7)
    await has_customers(shop, 3, plan="free")
    async with working(shop, Broadcasting(shop.database, page=3)):
        assert await broadcast(shop, "once") == 7
    assert await asked(shop) == sorted(pros)
    assert len(await rows(shop, OutboxEntry)) == 7


async def test_the_event_says_which_journey_and_for_which_moment(shop: Services, name: str) -> None:
    publish(shop, DAILY, name=name)
    await has_customers(shop, 1)
    async with working(shop, Broadcasting(shop.database)):
        await broadcast(shop, "once")
    (event,) = await rows(shop, EventRecord)
    assert (event.id, event.name) == (broadcast_event_id(name, NINE, "c_pro_000"), "Journey Requested")
    assert event.properties == {"journey": name, "scheduled_at": "2026-03-10T08:00:00+00:00"}
    assert event.occurred_at == NINE


async def test_a_broadcast_starts_runs_by_the_journeys_own_rules(shop: Services, name: str) -> None:
    publish(shop, "{schedule: daily at 09:00, most: {starts: 2, within: 1h}}", name=name)
    await has_customers(shop, 5)
    async with working(shop, Broadcasting(shop.database)):
        await broadcast(shop, "once")
    await dispatch(shop)
    found = await rows(shop, Run)
    assert [run.state for run in found] == ["open"] * 2
    given = (await history(shop, found[0].workflow_id)).given
    assert (given.start.name, given.start.at) == ("Journey Requested", NINE)


async def test_the_same_moment_broadcast_twice_asks_nobody_twice(shop: Services, name: str) -> None:
    publish(shop, DAILY, name=name)
    await has_customers(shop, 4)
    async with working(shop, Broadcasting(shop.database, page=3)):
        await broadcast(shop, "first")
        await broadcast(shop, "second")
    assert len(await asked(shop)) == 4


async def test_a_broadcast_that_was_continued_goes_on_where_it_was(shop: Services, name: str) -> None:
    publish(shop, DAILY, name=name)
    await has_customers(shop, 5)
    (given,) = broadcasts(shop.journeys, shop.project.time_zone).values()
    so_far = given.model_copy(update={"scheduled_at": NINE, "after": "c_pro_002", "asked": 3})
    async with working(shop, Broadcasting(shop.database)):
        handle = await shop.temporal.start_workflow(
            Broadcast.run, so_far, id=f"rest:{name}", task_queue=shop.settings.task_queue
        )
        assert (await handle.result()).asked == 5
    assert await asked(shop) == ["c_pro_003", "c_pro_004"]


class CutShort(Broadcasting):
    """The answer to every first attempt is lost after its page was kept."""

    @activity.defn
    async def broadcast(self, request: BroadcastRequest) -> BroadcastPage:
        page = await super().broadcast(request)
        if activity.info().attempt == 1:
            raise ConnectionResetError("the worker died before it could answer")
        return page


async def test_an_attempt_whose_answer_was_lost_is_done_again_and_asks_nobody_twice(
    shop: Services, name: str
) -> None:
    publish(shop, DAILY, name=name)
    pros = await has_customers(shop, 4)
    async with working(shop, CutShort(shop.database, page=3)):
        await broadcast(shop, "once")
    assert await asked(shop) == sorted(pros)
    await dispatch(shop)
    assert len(await rows(shop, Run)) == 4


async def test_a_worker_that_goes_away_half_way_leaves_the_rest_to_the_next(shop: Services, name: str) -> None:
    publish(shop, DAILY, name=name)
    pros = await has_customers(shop, 5)
    (given,) = broadcasts(shop.journeys, shop.project.time_zone).values()
    half_way = Broadcasting(shop.database, page=2, room=2)
    async with working(shop, half_way):
        handle = await shop.temporal.start_workflow(
            Broadcast.run,
            given.model_copy(update={"scheduled_at": NINE}),
            id=f"half:{name}",
            task_queue=shop.settings.task_queue,
        )
        await eventually(lambda: _asked_some(shop))
    assert len(await asked(shop)) == 2
    async with working(shop, Broadcasting(shop.database, page=2)):
        assert (await handle.result()).asked == 5
    assert await asked(shop) == sorted(pros)


async def _asked_some(shop: Services) -> bool:
    return len(await asked(shop)) >= 2


async def test_a_broadcast_waits_while_events_before_it_are_not_through(sqlite_database: Database) -> None:
    await seeding.put(
        sqlite_database, *[Customer(id=f"c_{number}", traits={}, created_at=NINE) for number in range(3)]
    )
    broadcasting = Broadcasting(sqlite_database, page=2, room=2)
    first = BroadcastRequest(journey="welcome", where="true", scheduled_at=NINE, after="")
    page = await broadcasting.broadcast(first)
    assert (page.asked, page.after, page.crowded) == (2, "c_1", False)
    again = await broadcasting.broadcast(first.model_copy(update={"after": page.after}))
    assert (again.asked, again.after, again.crowded) == (0, "c_1", True)


async def described(shop: Services, name: str) -> Any:
    return await shop.temporal.get_schedule_handle(schedule_id(name)).describe()


async def test_a_schedule_is_made_and_triggered_it_starts_the_journey(shop: Services, name: str) -> None:
    publish(shop, DAILY, name=name)
    (customer,) = await has_customers(shop, 1)
    await reconcile(shop)
    handle = shop.temporal.get_schedule_handle(schedule_id(name))
    async with working(shop, Broadcasting(shop.database)):
        await handle.trigger()
        await eventually(lambda: _asked(shop, 1))
    await dispatch(shop)
    (run,) = await rows(shop, Run)
    assert run.customer_id == customer
    assert (await history(shop, run.workflow_id)).given.start.properties["journey"] == name
    await handle.delete()


async def _asked(shop: Services, count: int) -> bool:
    return len(await asked(shop)) == count


async def test_two_moments_of_a_schedule_ask_the_same_customer_twice(shop: Services, name: str) -> None:
    publish(shop, DAILY, name=name)
    await has_customers(shop, 1)
    await reconcile(shop)
    handle = shop.temporal.get_schedule_handle(schedule_id(name))
    tenth_and_eleventh = ScheduleBackfill(start_at=NINE - timedelta(hours=1), end_at=NINE + timedelta(days=1))
    async with working(shop, Broadcasting(shop.database)):
        await handle.backfill(tenth_and_eleventh)
        await eventually(lambda: _asked(shop, 2))
    moments = sorted(event.occurred_at for event in await rows(shop, EventRecord))
    assert moments == [NINE, NINE + timedelta(days=1)]
    await dispatch(shop)
    assert len(await rows(shop, Run)) == 2
    await handle.delete()


async def test_a_schedule_is_at_its_time_in_the_projects_zone(shop: Services, name: str) -> None:
    publish(shop, DAILY, name=name)
    await reconcile(shop)
    found = await described(shop, name)
    assert found.schedule.spec.time_zone_name == "Europe/Berlin"
    berlin = [moment.astimezone(_zone(found)) for moment in found.info.next_action_times]
    assert {(moment.hour, moment.minute) for moment in berlin} == {(9, 0)}
    await shop.temporal.get_schedule_handle(schedule_id(name)).delete()


def _zone(found: Any) -> ZoneInfo:
    return ZoneInfo(found.schedule.spec.time_zone_name)


async def test_where_planners_choose_they_learn_by_a_schedule_and_no_longer_when_none_does(
    shop: Services, name: str
) -> None:
    publish(shop, DAILY, name=name, steps="[{choose: what, planner: sampler, options: [{option: a}]}]")
    await reconcile(shop)
    ids = sorted(lessons(shop.journeys, shop.settings.task_queue))
    nightly, often = [await shop.temporal.get_schedule_handle(each).describe() for each in ids]
    assert nightly.info.next_action_times[0].astimezone(_zone(nightly)).strftime("%H:%M") == "03:20"
    assert often.info.next_action_times[1] - often.info.next_action_times[0] == timedelta(minutes=5)
    publish(shop, DAILY, name=name)
    await eventually(lambda: _has_schedules(shop, ids))
    await reconcile(shop)
    await eventually(lambda: _has_schedules(shop, []))
    await shop.temporal.get_schedule_handle(schedule_id(name)).delete()


async def _has_schedules(shop: Services, wanted: list[str]) -> bool:
    prefix = f"learning:{shop.settings.task_queue}:"
    found = [entry.id async for entry in await shop.temporal.list_schedules() if entry.id.startswith(prefix)]
    return sorted(found) == wanted


async def test_an_edited_journey_changes_its_schedule_and_one_that_was_paused_stays_so(
    shop: Services, name: str
) -> None:
    publish(shop, DAILY, name=name)
    await reconcile(shop)
    handle = shop.temporal.get_schedule_handle(schedule_id(name))
    await handle.pause(note="holidays")
    publish(shop, "{schedule: daily at 18:30}", name=name)
    await reconcile(shop)
    found = await described(shop, name)
    assert found.schedule.state.paused
    assert (await _input(shop, found)).schedule == "30 18 * * *"
    await handle.delete()


async def test_the_served_application_keeps_the_schedules_of_its_journeys(shop: Services, name: str) -> None:
    publish(shop, DAILY, name=name)
    app = create_app(shop)
    async with app.router.lifespan_context(app):
        await eventually(lambda: _are_listed(shop, name, {name}))
    await shop.temporal.get_schedule_handle(schedule_id(name)).delete()


async def test_what_did_not_change_is_left_alone(shop: Services, name: str) -> None:
    publish(shop, DAILY, name=name)
    await reconcile(shop)
    before = (await described(shop, name)).info.last_updated_at
    await reconcile(shop)
    assert (await described(shop, name)).info.last_updated_at == before
    await shop.temporal.get_schedule_handle(schedule_id(name)).delete()


async def _input(shop: Services, found: Any) -> BroadcastInput:
    (given,) = await shop.temporal.data_converter.decode(found.schedule.action.args, [BroadcastInput])
    return given


async def test_a_journey_that_is_gone_loses_its_schedule_and_other_projects_keep_theirs(
    shop: Services, name: str
) -> None:
    mine, theirs = f"{name}-mine", f"{name}-theirs"
    settings = shop.settings.model_copy(update={"task_queue": theirs})
    other = replace(shop, settings=settings, journeys=dict[str, Journey]())
    publish(shop, DAILY, name=mine)
    publish(other, DAILY, name=theirs)
    for project in (shop, other):
        await reconcile(project)
    await eventually(lambda: _are_listed(shop, name, {mine, theirs}))
    shop.journeys.clear()
    await reconcile(shop)
    await eventually(lambda: _are_listed(shop, name, {theirs}))
    other.journeys.clear()
    await reconcile(other)
    await eventually(lambda: _are_listed(shop, name, set()))


async def test_the_schedules_of_an_installation_with_other_keys_are_left_alone(shop: Services, name: str) -> None:
    keys = CustomerKeys(shop.database, MasterKeys(["the master key of another installation"]))
    secret = Client(shop.temporal.service_client, data_converter=data_converter(keys))
    publish(shop, DAILY, name=name)
    await reconcile(replace(shop, temporal=secret))
    await eventually(lambda: _are_listed(shop, name, {name}))
    await reconcile(replace(shop, journeys=dict[str, Journey]()))
    await eventually(lambda: _are_listed(shop, name, {name}))
    await shop.temporal.get_schedule_handle(schedule_id(name)).delete()


async def _are_listed(shop: Services, prefix: str, journeys: set[str]) -> bool:
    listed = {entry.id async for entry in await shop.temporal.list_schedules()}
    return {each for each in listed if each.startswith(schedule_id(prefix))} == set(map(schedule_id, journeys))
