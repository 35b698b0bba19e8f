"""What an experiment says so far: arms side by side, whether the split is sound, and what each arm brings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from learning.experiments.comparing import Interval, compare
from learning.experiments.incrementality import Incrementality, incrementality
from learning.experiments.ratio import SUSPICIOUS, sample_ratio
from learning.experiments.samples import Sample
from learning.experiments.watching import lift_so_far, so_far


@dataclass(frozen=True)
class Seen:
    """A customer of an experiment: the arm, since when, and what counts of them, each with its time and money."""

    arm: str
    since: datetime
    happened: Sequence[tuple[datetime, float]]


@dataclass(frozen=True)
class Arm:
    """What is counted of one arm, of the customers whose window is over."""

    name: str
    conversions: Sample
    money: Sample


@dataclass(frozen=True)
class Result:
    """How an arm differs from the control."""

    arm: str
    rate: Interval
    """The difference of the conversion rates, with bounds that hold at every look."""
    lift: Interval | None
    """The same relative to the control; None where there is no ratio."""
    money: Interval
    """The difference of the money a customer, with bounds that hold at every look."""
    incremental: Incrementality
    """What it brought on top in all, as is said once, at the planned end."""


@dataclass(frozen=True)
class Report:
    """An experiment at one look."""

    arms: tuple[Arm, ...]
    results: tuple[Result, ...]
    waiting: int
    """Customers whose window is still open: they do not count yet."""
    split: float
    """How often a sound split is at least as far from its weights."""
    planned: int

    @property
    def sound(self) -> bool:
        """Whether the arms have the sizes that they should have."""
        return self.split >= SUSPICIOUS

    @property
    def done(self) -> bool:
        """Whether as many customers count as were planned."""
        return sum(arm.conversions.customers for arm in self.arms) >= self.planned


def report(
    seen: Sequence[Seen], weights: Mapping[str, float], window: timedelta, now: datetime, planned: int
) -> Report:
    """What the experiment says at `now`, in UTC. `weights` are the arms' shares, the control first.

    A customer counts once the window since they came is over. What they did in as long a time before takes out of
    the metric what was known before (CUPED). Raises TooFew with fewer than two customers in an arm.
    """
    over = [each for each in seen if each.since + window <= now]
    arms = tuple(_arm(name, [each for each in over if each.arm == name], window) for name in weights)
    counts = [sum(each.arm == name for each in seen) for name in weights]
    results = tuple(_result(arms[0], arm, planned) for arm in arms[1:])
    split = sample_ratio(counts, list(weights.values()))
    return Report(arms, results, len(seen) - len(over), split, planned)


def _arm(name: str, seen: Sequence[Seen], window: timedelta) -> Arm:
    after = [_within(each, each.since, each.since + window) for each in seen]
    before = [_within(each, each.since - window, each.since) for each in seen]
    return Arm(
        name,
        Sample.of([float(bool(each)) for each in after], [float(bool(each)) for each in before]),
        Sample.of([sum(each) for each in after], [sum(each) for each in before]),
    )


def _within(seen: Seen, start: datetime, end: datetime) -> list[float]:
    return [money for at, money in seen.happened if start <= at < end]


def _result(control: Arm, arm: Arm, planned: int) -> Result:
    rates, money = compare(control.conversions, arm.conversions), compare(control.money, arm.money)
    return Result(
        arm.name,
        so_far(rates, planned),
        lift_so_far(rates, planned),
        so_far(money, planned),
        incrementality((control.conversions, control.money), (arm.conversions, arm.money)),
    )
