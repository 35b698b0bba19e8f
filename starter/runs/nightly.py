"""Keeps the Temporal schedule by which the scores are fitted every night."""

from dataclasses import replace

from temporalio.client import (
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from journeys.schedules import as_cron
from starter.dispatch.signals import RPC_TIMEOUT
from starter.services import Services

_WORKFLOW = "FitScores"
_EVERY_NIGHT = "daily at 03:00"


def fit_schedule_id(task_queue: str) -> str:
    """The id of the schedule in Temporal; each project in a namespace has its own."""
    return f"scores:{task_queue}"


async def keep_fit(services: Services) -> None:
    """Have the scores fitted at three in the morning, on the project's clock. A schedule that was paused stays
    paused. Raises temporalio.service.RPCError."""
    temporal, queue = services.temporal, services.settings.task_queue
    schedule_id, schedule = fit_schedule_id(queue), _schedule(queue, services.project.time_zone)
    try:
        await temporal.create_schedule(schedule_id, schedule, rpc_timeout=RPC_TIMEOUT)
    except ScheduleAlreadyRunningError:

        async def change(found: ScheduleUpdateInput) -> ScheduleUpdate | None:
            known = found.description.schedule
            if known.spec.time_zone_name == schedule.spec.time_zone_name:
                return None
            return ScheduleUpdate(replace(schedule, state=known.state))

        await temporal.get_schedule_handle(schedule_id).update(change, rpc_timeout=RPC_TIMEOUT)


def _schedule(queue: str, time_zone: str) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            _WORKFLOW, id=fit_schedule_id(queue), task_queue=queue, static_summary="fits the scores"
        ),
        spec=ScheduleSpec(cron_expressions=[as_cron(_EVERY_NIGHT)], time_zone_name=time_zone),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
    )
