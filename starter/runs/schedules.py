"""Keeps the schedules in Temporal: one for each scheduled journey, and those by which planners learn."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from cryptography.exceptions import InvalidTag
from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleDescription,
    ScheduleListDescription,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError, RPCStatusCode

from journeys.model import Journey
from journeys.schedules import as_cron
from journeys.steps import Planned, walk
from keys.codec import CustomerErased
from starter.dispatch.signals import RPC_TIMEOUT
from starter.runs.nightly import keep_fit, keep_watch
from starter.services import Services
from workflows.broadcast import BroadcastInput
from workflows.learning import LearningInput
from workflows.search_attributes import JOURNEY_NAME

_WORKFLOW = "Broadcast"
_PREFIX, _LEARNING = "journey:", "learning:"
_OFTEN, _NIGHTLY = "*/5 * * * *", "20 3 * * *"
_Given = BroadcastInput | LearningInput
_QUEUE = "task_queue"
"""The memo field that says whose a schedule is, where several projects share a Temporal namespace."""
_CATCH_UP = timedelta(hours=12)
"""How late a broadcast may still go out when Temporal was away at its time."""
_TRY_AGAIN = 5.0

_log = logging.getLogger(__name__)


async def keep_schedules(services: Services) -> None:
    """Bring the schedules in Temporal to what the journeys say, and those that every project has, as soon as
    Temporal is there."""
    while True:
        try:
            await reconcile(services)
            await keep_fit(services)
            return await keep_watch(services)
        except (RPCError, RuntimeError) as error:  # a client that was never connected says so with the latter
            _log.warning("the schedules cannot be kept yet: %s", error)
            await asyncio.sleep(_TRY_AGAIN)


async def reconcile(services: Services) -> None:
    """Make, change and delete schedules until they are those of the journeys. One that is right already is
    left alone, and one that was paused stays paused. Raises temporalio.service.RPCError."""
    temporal, queue = services.temporal, services.settings.task_queue
    zone = services.project.time_zone
    wanted: dict[str, _Given] = {**broadcasts(services.journeys, zone), **lessons(services.journeys, queue)}
    for schedule_id in await _existing(temporal, queue) - wanted.keys():
        await _delete(temporal, schedule_id)
    for schedule_id, given in wanted.items():
        await _put(temporal, schedule_id, given, _schedule(given, queue, zone), queue)


def schedule_id(journey: str) -> str:
    """The id of a journey's schedule in Temporal."""
    return f"{_PREFIX}{journey}"


def broadcasts(journeys: Mapping[str, Journey], time_zone: str) -> dict[str, BroadcastInput]:
    """By the id of its schedule, what each scheduled journey broadcasts. `time_zone` is the project's."""
    return {
        schedule_id(journey.journey): BroadcastInput(
            journey=journey.journey,
            schedule=as_cron(journey.start.schedule),
            time_zone=time_zone,
            where=journey.start.where,
        )
        for journey in journeys.values()
        if journey.start.schedule is not None
    }


def lessons(journeys: Mapping[str, Journey], queue: str) -> dict[str, LearningInput]:
    """By the id of its schedule, how planners learn; nothing where no journey lets one choose."""
    if not any(isinstance(step, Planned) for journey in journeys.values() for step in walk(journey.steps)):
        return {}
    return {
        f"{_LEARNING}{queue}:often": LearningInput(),
        f"{_LEARNING}{queue}:nightly": LearningInput(refit=True),
    }


async def _existing(temporal: Client, queue: str) -> set[str]:
    listed = await temporal.list_schedules(rpc_timeout=RPC_TIMEOUT)
    return {
        entry.id
        async for entry in listed
        if entry.id.startswith((_PREFIX, _LEARNING)) and await _is_ours(entry, queue)
    }


async def _is_ours(entry: ScheduleListDescription, queue: str) -> bool:
    """Whether a schedule is this project's. What our keys do not open is another installation's."""
    try:
        return await entry.memo_value(_QUEUE, None) == queue
    except (KeyError, InvalidTag, CustomerErased):
        return False


async def _put(temporal: Client, schedule_id: str, given: _Given, schedule: Schedule, queue: str) -> None:
    try:
        await temporal.create_schedule(schedule_id, schedule, memo={_QUEUE: queue}, rpc_timeout=RPC_TIMEOUT)
    except ScheduleAlreadyRunningError:

        async def change(found: ScheduleUpdateInput) -> ScheduleUpdate | None:
            if await _given(temporal, found.description, type(given)) == given:
                return None
            return ScheduleUpdate(replace(schedule, state=found.description.schedule.state))

        await temporal.get_schedule_handle(schedule_id).update(change, rpc_timeout=RPC_TIMEOUT)


async def _delete(temporal: Client, schedule_id: str) -> None:
    try:
        await temporal.get_schedule_handle(schedule_id).delete(rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        # Another process was quicker, or the list is older than its deletion.
        if error.status != RPCStatusCode.NOT_FOUND:
            raise


async def _given(temporal: Client, described: ScheduleDescription, kind: type[_Given]) -> _Given | None:
    """What a schedule as it is starts its workflow with; None when it cannot be told."""
    action = described.schedule.action
    if not isinstance(action, ScheduleActionStartWorkflow):
        return None
    payloads = [given for given in action.args if isinstance(given, Payload)]
    try:
        return (await temporal.data_converter.decode(payloads, [kind]))[0]
    except (RuntimeError, ValueError, IndexError):  # one that an older release has made
        return None


def _schedule(given: _Given, queue: str, time_zone: str) -> Schedule:
    return (
        _broadcast(given, queue) if isinstance(given, BroadcastInput) else _learning(given.refit, queue, time_zone)
    )


def _learning(refit: bool, queue: str, time_zone: str) -> Schedule:
    """Often, or at night on the project's clock. What was missed is made up for by the next."""
    name, cron = ("nightly", _NIGHTLY) if refit else ("often", _OFTEN)
    return Schedule(
        action=ScheduleActionStartWorkflow(
            "LearnFromOutcomes",
            LearningInput(refit=refit),
            id=f"{_LEARNING}{queue}:{name}",
            task_queue=queue,
            static_summary="learns from what came of decisions",
        ),
        spec=ScheduleSpec(cron_expressions=[cron], time_zone_name=time_zone),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=1)),
    )


def _broadcast(given: BroadcastInput, queue: str) -> Schedule:
    names = TypedSearchAttributes([SearchAttributePair(JOURNEY_NAME, given.journey)])
    return Schedule(
        action=ScheduleActionStartWorkflow(
            _WORKFLOW,
            given,
            id=f"broadcast:{given.journey}",
            task_queue=queue,
            typed_search_attributes=names,
            static_summary=f"asks customers to start {given.journey}",
        ),
        spec=ScheduleSpec(cron_expressions=[given.schedule], time_zone_name=given.time_zone),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ALL, catchup_window=_CATCH_UP),
    )
