"""The steps that wait: for a moment, or for events."""

from datetime import UTC, datetime

from temporalio import workflow

from journeys.conditions import value
from journeys.events import Event
from journeys.steps import DateWait, HourWait, Wait, WaitFor
from journeys.times import at_clock, resolve_moment, zone_or_utc
from workflows.conduct import Conduct


async def wait(run: Conduct, step: Wait) -> str | None:
    """Do nothing until the moment."""
    run.memory.listen_anew()
    if isinstance(step.wait, str):
        await run.pause(run.deadline(step.wait), f"{step.id}: {step.wait}")
        run.finish(step, "elapsed", step.wait)
        return run.course.after(step)
    await run.perceive(step)
    asked, none = (step.wait.until, "no date") if isinstance(step.wait, DateWait) else (step.wait.hour, "no hour")
    until = run.memory.state.deadline or _moment(run, step.wait)
    if until is None:
        run.finish(step, "skipped", f"{asked} gives {none}")
        return run.course.after(step)
    await run.pause(until, f"{step.id}: {asked}")
    run.finish(step, "elapsed", f"{asked} is {until:%Y-%m-%d %H:%M} UTC")
    return run.course.after(step)


async def wait_for(run: Conduct, step: WaitFor) -> str | None:
    """Wait until the events came or the time is over; an event that restarts the clock does so."""
    await run.perceive(step)
    names = (" and " if step.need == "all" else " or ").join(match.event for match in step.wait_for)
    watch = _Watch(run, step)
    while True:
        watch.restarted = False
        summary = f"{step.id}: {names} within {step.within}"
        await run.pause(run.deadline(step.within), summary, lambda: watch.looks_up())
        if not watch.restarted:
            break
        run.memory.state.deadline = None
    if not watch.complete():
        run.finish(step, "timed_out", f"no {names} within {step.within}", *watch.traces)
        return run.course.into(step, step.otherwise)
    if step.need == "all":
        run.finish(step, "came", names, *watch.traces)
        return run.course.into(step, step.then)
    came = step.wait_for[run.memory.state.came[-1]]
    run.finish(step, "came", came.event, *watch.traces)
    return run.course.into(step, came.then or step.then)


class _Watch:
    """Judges the events that come during one `wait_for`."""

    def __init__(self, run: Conduct, step: WaitFor) -> None:
        self._run = run
        self._step = step
        self.restarted = False
        self.traces: list[str] = []

    def looks_up(self) -> bool:
        """Take in what came; true when the wait is over or its clock starts anew."""
        while not (self.complete() or self.restarted) and (event := self._run.memory.next_event()):
            self._judge(event)
        return self.complete() or self.restarted

    def complete(self) -> bool:
        came = self._run.memory.state.came
        return len(came) == len(self._step.wait_for) if self._step.need == "all" else bool(came)

    def _judge(self, event: Event) -> None:
        memory, came, now = self._run.memory, self._run.memory.state.came, workflow.now()
        for number, match in enumerate(self._step.wait_for):
            if number not in came and memory.wants(match, event, now):
                came.append(number)
                self.traces.append(event.traceparent)
                return
        self.restarted = any(memory.wants(match, event, now) for match in self._step.restart)


def _moment(run: Conduct, wait: DateWait | HourWait) -> datetime | None:
    return _date(run, wait) if isinstance(wait, DateWait) else _hour(run, wait)


def _hour(run: Conduct, wait: HourWait) -> datetime | None:
    """When the customer's clock next shows the hour, now if it does, or None when the expression gives none."""
    now = workflow.now()
    found = value(wait.hour, run.memory.scope(now))
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < 24:
        return None
    zone, clock = zone_or_utc(run.memory.state.time_zone), f"at {int(found):02}:00"
    return now if now.astimezone(zone).hour == int(found) else resolve_moment(clock, now, zone)


def _date(run: Conduct, wait: DateWait) -> datetime | None:
    """The instant a date wait ends, or None when its expression gives no date."""
    found = value(wait.until, run.memory.scope(workflow.now()))
    zone = zone_or_utc(run.memory.state.time_zone)
    try:
        moment = datetime.fromisoformat(found) if isinstance(found, str) else found
    except ValueError:
        return None
    if not isinstance(moment, datetime):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    moment += wait.plus - wait.minus
    if wait.at is not None:
        return at_clock(moment.astimezone(zone).date(), wait.at, zone)
    return moment.astimezone(UTC)
