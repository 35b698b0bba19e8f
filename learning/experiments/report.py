"""What an experiment says: arms side by side, whether the split is sound, what each arm brings at what price."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from learning.experiments.ending import last_entry
from learning.experiments.guards import Guard, Guarded, guarded
from learning.experiments.incrementality import Incrementality, incrementality
from learning.experiments.look import Look, Method
from learning.experiments.ratio import SUSPICIOUS, sample_ratio
from learning.experiments.samples import Sample


@dataclass(frozen=True)
class Seen:
    """A customer of an experiment: the arm, since when, and what counts of them, each with its time and money."""

    arm: str
    since: datetime
    happened: Sequence[tuple[datetime, float]]
    guarded: Mapping[str, Sequence[datetime]] = field(default_factory=dict[str, Sequence[datetime]])
    """By guardrail metric, when it happened."""


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
class Arm:
    """What is counted of one arm, of the customers whose window is over."""

    name: str
    conversions: Sample
    money: Sample
    guards: Mapping[str, Sample]
    """By guardrail metric, the share of customers to whom it happened."""


@dataclass(frozen=True)
class Result:
    """How an arm differs from the control. With several arms, what is said holds of all of them at once."""

    arm: str
    brought: Incrementality
    guards: tuple[Guarded, ...]


@dataclass(frozen=True)
class Report:
    """An experiment at one look."""

    arms: tuple[Arm, ...]
    came: tuple[int, ...]
    """By arm, who came, whether their window is over or not."""
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
    arms = tuple(_arm(name, [each for each in over if each.arm == name], rules) for name in rules.weights)
    counts = tuple(sum(each.arm == name for each in came) for name in rules.weights)
    results = tuple(_result(arms[0], arm, rules, look.shared(len(arms) - 1)) for arm in arms[1:])
    split = sample_ratio(counts, list(rules.weights.values()))
    return Report(arms, counts, results, len(came) - len(over), split, rules.planned, last, look.method)


def _arm(name: str, seen: Sequence[Seen], rules: Rules) -> Arm:
    after = [_within(each, each.since, each.since + rules.window) for each in seen]
    before = [_within(each, each.since - rules.window, each.since) for each in seen]
    return Arm(
        name,
        Sample.of([float(bool(each)) for each in after], [float(bool(each)) for each in before]),
        Sample.of([sum(each) for each in after], [sum(each) for each in before]),
        {guard.metric: _share(seen, guard.metric, rules.window) for guard in rules.guards},
    )


def _within(seen: Seen, start: datetime, end: datetime) -> list[float]:
    return [money for at, money in seen.happened if start <= at < end]


def _share(seen: Sequence[Seen], metric: str, window: timedelta) -> Sample:
    hit = [any(each.since <= at < each.since + window for at in each.guarded.get(metric, ())) for each in seen]
    return Sample.of_share(len(hit), sum(hit))


def _result(control: Arm, arm: Arm, rules: Rules, look: Look) -> Result:
    brought = incrementality((control.conversions, control.money), (arm.conversions, arm.money), look)
    guards = tuple(
        guarded(guard, control.guards[guard.metric], arm.guards[guard.metric], rules.planned, look.confidence)
        for guard in rules.guards
    )
    return Result(arm.name, brought, guards)
