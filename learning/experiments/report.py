"""What an experiment says: arms side by side, whether the split is sound, what each arm brings at what price."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from learning.experiments.arms import Arm, Seen, Span, count, parts
from learning.experiments.ending import last_entry
from learning.experiments.guards import Guard, Guarded, guarded
from learning.experiments.incrementality import Incrementality, incrementality
from learning.experiments.look import Look, Method
from learning.experiments.ratio import SUSPICIOUS, sample_ratio
from learning.experiments.segments import Pair, Segment, by_segment


@dataclass(frozen=True)
class Rules:
    """What is laid down before the start. Times are UTC."""

    weights: Mapping[str, float]
    """The arms' shares, the control first."""
    window: timedelta
    """How long after a customer came something counts; as long before it is what was known of them."""
    planned: int
    """Customers in all arms together."""
    started: datetime
    """Who came before does not count: they met an arm already."""
    guards: Sequence[Guard] = ()


@dataclass(frozen=True)
class Result:
    """How an arm differs from the control. With several arms, what is said holds of all of them at once."""

    arm: str
    brought: Incrementality
    guards: tuple[Guarded, ...]
    segments: tuple[Segment, ...]
    """For whom it works, by the segments that customers were in when they came."""


@dataclass(frozen=True)
class Report:
    """An experiment at one look."""

    arms: tuple[Arm, ...]
    came: tuple[int, ...]
    """By arm, who came, whether their window is over or not."""
    weights: tuple[float, ...]
    """By arm, the share it should have."""
    results: tuple[Result, ...]
    waiting: int
    """Customers whose window is still open: they do not count yet."""
    split: float
    """How often a sound split is at least as far from its weights."""
    planned: int
    last_entry: datetime | None
    """Until when customers came who count, in UTC; None while too few came."""
    method: Method

    @property
    def sound(self) -> bool:
        """Whether the arms have the sizes that they should have."""
        return self.split >= SUSPICIOUS

    @property
    def done(self) -> bool:
        """Whether this is the conclusion at the planned end."""
        return self.method == "Welch with CUPED"


def report(seen: Sequence[Seen], rules: Rules, now: datetime) -> Report:
    """What the experiment says at `now`, in UTC.

    A customer counts once the window since they came is over. What they did in as long a time before takes out of
    the metric what was known before (CUPED). Raises TooFew with fewer than two customers in an arm.
    """
    last = last_entry(rules.started, (each.since for each in seen if each.since <= now), rules.planned)
    came = [each for each in seen if rules.started <= each.since <= now and (last is None or each.since < last)]
    over = [each for each in came if each.since + rules.window <= now]
    look = Look(rules.planned, final=last is not None and last + rules.window <= now)
    span = Span(rules.window, rules.window, rules.started, now)
    metrics = [guard.metric for guard in rules.guards]
    arms = tuple(count(name, [each for each in over if each.arm == name], span, metrics) for name in rules.weights)
    counts = tuple(sum(each.arm == name for each in came) for name in rules.weights)
    shared = look.shared(len(arms) - 1)
    results = tuple(_result(arms[0], arm, rules, over, span, shared) for arm in arms[1:])
    weights = tuple(rules.weights.values())
    split = sample_ratio(counts, weights)
    return Report(arms, counts, weights, results, len(came) - len(over), split, rules.planned, last, look.method)


def _result(control: Arm, arm: Arm, rules: Rules, seen: Sequence[Seen], span: Span, look: Look) -> Result:
    brought = incrementality((control.conversions, control.money), (arm.conversions, arm.money), look)
    guards = tuple(
        guarded(guard, control.guards[guard.metric], arm.guards[guard.metric], rules.planned, look.confidence)
        for guard in rules.guards
    )
    names = sorted({name for each in seen for name in each.segments})
    groups = {name: _groups(seen, name, (control.name, arm.name), span) for name in names}
    return Result(arm.name, brought, guards, by_segment(groups, look))


def _groups(seen: Sequence[Seen], segment: str, arms: tuple[str, str], span: Span) -> tuple[Pair, Pair]:
    """Those in a segment, and those outside it."""
    inside = parts(seen, lambda each: each.segments.get(segment) is True, arms, span)
    return inside, parts(seen, lambda each: each.segments.get(segment) is False, arms, span)
