"""Where a run can get to: steps that are never reached, and waits that outlast the journey's life."""

from collections.abc import Sequence
from datetime import timedelta

from journeys.checking.report import Report
from journeys.checking.truth import always_true
from journeys.model import Journey
from journeys.parts import Part
from journeys.steps import (
    Agent,
    Approve,
    Branch,
    Choose,
    Option,
    Place,
    Repeat,
    Split,
    Step,
    Stop,
    Wait,
    WaitFor,
    blocks,
)
from journeys.times import format_duration, parse_duration

_NONE, _JUST = timedelta(0), timedelta(seconds=1)


def check_reach(journey: Journey, report: Report) -> None:
    """Tell every step that no run reaches, and every wait that no run outlives."""
    within = journey.goal.within if journey.goal else None
    if within and within > journey.life:
        message = (
            f"this goal counts for {format_duration(within)}, and a run lives {format_duration(journey.life)}"
        )
        report.tell(("goal", "within"), message, "make it shorter, or 'life' longer")
    _Reach(journey.life, report).block(journey.steps, ("steps",), _NONE)


class _Reach:
    """Goes through the steps as a run would, with the shortest time that can have passed."""

    def __init__(self, life: timedelta, report: Report) -> None:
        self._life = life
        self._report = report

    def block(self, steps: Sequence[Step], path: Place, since: timedelta) -> timedelta | None:
        """The shortest time until a run leaves these steps by their end; None when it never does."""
        for number, step in enumerate(steps):
            after = self._step(step, (*path, number), since)
            if after is None:
                if number + 1 < len(steps):
                    message = f"this step is never reached: the run ends with '{step.id}' before"
                    self._report.tell((*path, number + 1), message)
                return None
            since = after
        return since

    def _step(self, step: Step, path: Place, since: timedelta) -> timedelta | None:
        match step:
            case Stop():
                return None
            case Wait():
                return self._wait((*path, "wait"), step.wait, since)
            case WaitFor():
                return self._wait_for(step, path, since)
            case Approve():
                return self._approve(step, path, since)
            case Branch() | Choose():
                return self._ways(step, path, since)
            case Split():
                return self._split(step, path, since)
            case Repeat():
                return self._repeat(step, path, since)
            case Agent():
                return self._agent(step, path, since)
            case _:
                return self._then(step, path, since)

    def _wait(self, path: Place, wait: object, since: timedelta, may_last: timedelta = _NONE) -> timedelta:
        """When a wait is over at the earliest. One to a time of day may take no time."""
        length = _length(wait)
        if length and since + length >= self._life + may_last:
            total, life = format_duration(since + length), format_duration(self._life)
            after = "" if not since else f", {total} after the start at the earliest"
            fix = f"make it shorter, or 'life' longer than {total}"
            self._report.tell(path, f"this wait outlasts the life of {life}{after}", fix)
            return since
        return since + length

    def _wait_for(self, step: WaitFor, path: Place, since: timedelta) -> timedelta | None:
        late = self._wait((*path, "within"), step.within, since, _JUST)
        own = [
            self.block(item.then, (*path, "wait_for", number, "then"), since)
            for number, item in enumerate(step.wait_for)
            if item.then
        ]
        if step.then and len(own) == len(step.wait_for):
            self._report.tell((*path, "then"), "these steps are never reached: every event has its own 'then'")
        common = self.block(step.then, (*path, "then"), since)
        timed_out = self.block(step.otherwise, (*path, "otherwise"), late)
        return _first([*own, timed_out] if len(own) == len(step.wait_for) else [*own, common, timed_out])

    def _approve(self, step: Approve, path: Place, since: timedelta) -> timedelta | None:
        self._wait((*path, "within"), step.within, since, _JUST)
        return self._then(step, path, since)

    def _ways(self, step: Branch | Choose, path: Place, since: timedelta) -> timedelta | None:
        """A branch takes the first case that holds; a planner takes any open option."""
        name = "branch" if isinstance(step, Branch) else "options"
        cases = step.branch if isinstance(step, Branch) else step.options
        sure, told, ends = False, set[str](), list[timedelta | None]()
        for number, case in enumerate(cases):
            place = (*path, name, number)
            if isinstance(step, Branch) and (sure or case.when in told):
                why = "the one before is always true" if sure else "the same condition stands above"
                self._report.tell(place, f"this case is never reached: {why}")
            ends.append(self.block(case.then, (*place, "then"), since))
            told.add(case.when)
            sure = sure or always_true(case.when)
        if sure and step.otherwise:
            what = "case is always true" if isinstance(step, Branch) else "option is always open"
            self._report.tell((*path, "otherwise"), f"these steps are never reached: a {what}")
        left = self.block(step.otherwise, (*path, "otherwise"), since)
        return _first(ends if sure else [*ends, left])

    def _split(self, step: Split, path: Place, since: timedelta) -> timedelta | None:
        if not any(arm.weight for arm in step.arms):
            self._report.tell((*path, "arms"), "no arm has a weight, so no customer can be given one")
        ends = [self.block(a.then, (*path, "arms", n, "then"), since) for n, a in enumerate(step.arms)]
        return _first([end for arm, end in zip(step.arms, ends, strict=True) if arm.weight or end is not None])

    def _repeat(self, step: Repeat, path: Place, since: timedelta) -> timedelta | None:
        once = self.block(step.steps, (*path, "steps"), since)
        if not always_true(step.condition):
            return since
        return None if once is None else min(since + (once - since) * step.repeat, self._life)

    def _agent(self, step: Agent, path: Place, since: timedelta) -> timedelta | None:
        if step.horizon > self._life:
            life = format_duration(self._life)
            self._report.tell((*path, "horizon"), f"this horizon is longer than the life of {life}")
        if step.most > 1 and step.cadence >= step.horizon:
            message = f"with {format_duration(step.cadence)} between two turns there is one within the horizon"
            self._report.tell((*path, "cadence"), message, "make it shorter, or say 'most: 1'")
        self._options(step.actions, (*path, "actions"), since)
        return self._then(step, path, since)

    def _options(self, options: Sequence[Option], path: Place, since: timedelta) -> None:
        for number, option in enumerate(options):
            self.block(option.then, (*path, number, "then"), since)

    def _then(self, step: Part, path: Place, since: timedelta) -> timedelta | None:
        """A step that goes on after itself, or into one of its blocks first."""
        ends = [self.block(block, (*path, *inner), since) for inner, block in blocks(step)]
        both = isinstance(step, Approve) and len(ends) == 2
        return _first(ends if both else [*ends, since])


def _first(ends: Sequence[timedelta | None]) -> timedelta | None:
    return min((end for end in ends if end is not None), default=None)


def _length(wait: object) -> timedelta:
    """How long a wait takes at least."""
    try:
        return parse_duration(wait)
    except ValueError:
        return _NONE
