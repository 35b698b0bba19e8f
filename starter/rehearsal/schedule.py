"""Schedules in a rehearsal: the test server has none, so their moments are told and their work begun here."""

from datetime import datetime, timedelta

from journeys.schedules import falls_on
from journeys.times import zone_or_utc
from starter.rehearsal.stage import Stage
from starter.runs.schedules import broadcasts, schedule_id
from starter.services import Services

_MINUTE = timedelta(minutes=1)
_LONGEST = timedelta(days=400)


def scheduled(services: Services, journey: str, start: datetime, last: datetime) -> list[datetime]:
    """When the schedule of a journey comes round, in UTC: at least once from `start`, and up to `last`.

    None for a journey that no schedule starts, or whose schedule does not come round within 400 days.
    """
    schedule = services.journeys[journey].start.schedule
    if schedule is None:
        return []
    zone, found = zone_or_utc(services.project.time_zone), list[datetime]()
    at = start if start == start.replace(second=0, microsecond=0) else start.replace(second=0) + _MINUTE
    while at <= last or (not found and at <= start + _LONGEST):
        if falls_on(schedule, at.astimezone(zone)):
            found.append(at)
        at += _MINUTE
    return found


async def broadcast(stage: Stage, journey: str, at: datetime) -> None:
    """Run the broadcast that the schedule of a journey would start at a moment, to its end."""
    services = stage.services
    given = broadcasts(services.journeys, services.project.time_zone)[schedule_id(journey)]
    # Whoever waits for a result lets time be skipped, and the runs that are under way would go ahead of it.
    with stage.environment.auto_time_skipping_disabled():
        await services.temporal.execute_workflow(
            "Broadcast",
            given.model_copy(update={"scheduled_at": at}),
            id=f"broadcast:{journey}:{at:%Y%m%dT%H%M}",
            task_queue=services.settings.task_queue,
        )
