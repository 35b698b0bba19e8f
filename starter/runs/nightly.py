"""Keeps the Temporal schedules that every project has: the nightly fit of the scores, the watch of guardrails."""

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

_EVERY_NIGHT = as_cron("daily at 03:00")
_OFTEN = "*/10 * * * *"


def fit_schedule_id(task_queue: str) -> str:
    """The id of the schedule in Temporal; each project in a namespace has its own."""
    return f"scores:{task_queue}"


def watch_schedule_id(task_queue: str) -> str:
    """The same for the watch over guardrails."""
    return f"guardrails:{task_queue}"


async def keep_fit(services: Services) -> None:
    """Have the scores fitted at three in the morning, on the project's clock. A schedule that was paused stays
    paused. Raises temporalio.service.RPCError."""
    schedule_id = fit_schedule_id(services.settings.task_queue)
    await _keep(services, schedule_id, "FitScores", _EVERY_NIGHT, "fits the scores")


async def keep_watch(services: Services) -> None:
    """Have the guardrails looked at every ten minutes. A schedule that was paused stays paused. Raises
    temporalio.service.RPCError."""
    schedule_id = watch_schedule_id(services.settings.task_queue)
    await _keep(services, schedule_id, "GuardrailWatch", _OFTEN, "looks at every guardrail")


async def _keep(services: Services, schedule_id: str, workflow: str, cron: str, summary: str) -> None:
    temporal = services.temporal
    action = ScheduleActionStartWorkflow(
        workflow, id=schedule_id, task_queue=services.settings.task_queue, static_summary=summary
    )
    schedule = Schedule(
        action=action,
        spec=ScheduleSpec(cron_expressions=[cron], time_zone_name=services.project.time_zone),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
    )
    try:
        await temporal.create_schedule(schedule_id, schedule, rpc_timeout=RPC_TIMEOUT)
    except ScheduleAlreadyRunningError:

        async def change(found: ScheduleUpdateInput) -> ScheduleUpdate | None:
            known = found.description.schedule
            if known.spec.time_zone_name == schedule.spec.time_zone_name:
                return None
            return ScheduleUpdate(replace(schedule, state=known.state))

        await temporal.get_schedule_handle(schedule_id).update(change, rpc_timeout=RPC_TIMEOUT)
