"""What Temporal schedules start for every project: the fit of the scores at the project's three o'clock, and the
watch of guardrails."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from temporalio.client import Client
from temporalio.worker import Worker

from activities.planning.fitting import Fitting
from starter.runs.nightly import fit_schedule_id, keep_fit, keep_watch, watch_schedule_id
from starter.services import Services
from store.database import Database
from store.scores import list_fits
from tests import seeding
from tests.scores.test_fitting import accepted
from tests.waiting import eventually
from worker import sandboxed_runner
from workflows.fitting import FitScores

QUEUE = "nightly-fit"


async def test_the_schedule_fits_and_stays_paused_when_it_is_paused(
    sqlite_database: Database, temporal: Client
) -> None:
    shop = await _shop(sqlite_database, temporal)
    await accepted(sqlite_database, 210)
    await keep_fit(shop)
    handle = temporal.get_schedule_handle(fit_schedule_id(QUEUE))
    async with Worker(
        temporal,
        task_queue=QUEUE,
        workflows=[FitScores],
        activities=[Fitting(sqlite_database).fit_scores],
        workflow_runner=sandboxed_runner(),
    ):
        await handle.trigger()
        await eventually(lambda: _fitted(sqlite_database))
    await handle.pause()
    await keep_fit(replace(shop, project=shop.project.model_copy(update={"time_zone": "Asia/Tokyo"})))
    found = await handle.describe()
    tokyo = [moment.astimezone(ZoneInfo("Asia/Tokyo")) for moment in found.info.next_action_times]
    assert found.schedule.state.paused
    assert {(moment.hour, moment.minute) for moment in tokyo} == {(3, 0)}
    await handle.delete()


async def test_the_guardrails_are_looked_at_every_ten_minutes(sqlite_database: Database, temporal: Client) -> None:
    shop = await _shop(sqlite_database, temporal)
    await keep_watch(shop)
    await keep_watch(shop)
    handle = temporal.get_schedule_handle(watch_schedule_id(QUEUE))
    moments = (await handle.describe()).info.next_action_times
    assert {later - earlier for earlier, later in pairwise(moments)} == {timedelta(minutes=10)}
    await handle.delete()


async def _shop(database: Database, temporal: Client) -> Services:
    shop = await seeding.services(database, temporal)
    return replace(shop, settings=shop.settings.model_copy(update={"task_queue": QUEUE}))


async def _fitted(database: Database) -> bool:
    async with database.reading() as session:
        return "discount_affinity" in await list_fits(session)
