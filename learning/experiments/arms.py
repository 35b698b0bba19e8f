"""What is counted of an arm: who came, what they did since, and what they did before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from learning.experiments.samples import Sample


@dataclass(frozen=True)
class Seen:
    """A customer: the arm, since when, and what counts of them, each with its time and money. Times are UTC."""

    arm: str
    since: datetime
    happened: Sequence[tuple[datetime, float]]
    guarded: Mapping[str, Sequence[datetime]] = field(default_factory=dict[str, Sequence[datetime]])
    """By guardrail metric, when it happened."""
    segments: Mapping[str, bool] = field(default_factory=dict[str, bool])
    """By segment, whether they were in it when they came; one is not there where that is not known."""


@dataclass(frozen=True)
class Span:
    """The time in which something counts for a customer who came at some moment."""

    after: timedelta | None
    """Since they came; None is until `end`."""
    before: timedelta
    """Until they came: what was known of them."""
    start: datetime
    end: datetime
    """Nothing counts before the start and after the end, whenever they came."""

    def counted(self, seen: Seen) -> tuple[datetime, datetime]:
        """From when until when what they do counts."""
        until = self.end if self.after is None else seen.since + self.after
        return max(seen.since, self.start), min(until, self.end)


@dataclass(frozen=True)
class Arm:
    """What is counted of one arm."""

    name: str
    conversions: Sample
    money: Sample
    guards: Mapping[str, Sample]
    """By guardrail metric, the share of customers to whom it happened."""


def count(name: str, seen: Sequence[Seen], span: Span, guards: Sequence[str] = ()) -> Arm:
    """Count the customers of an arm."""
    after = [_within(each, *span.counted(each)) for each in seen]
    before = [_within(each, each.since - span.before, each.since) for each in seen]
    return Arm(
        name,
        Sample.of([float(bool(each)) for each in after], [float(bool(each)) for each in before]),
        Sample.of([sum(each) for each in after], [sum(each) for each in before]),
        {metric: _share(seen, metric, span) for metric in guards},
    )


def parts(
    seen: Sequence[Seen], choose: Callable[[Seen], bool], arms: tuple[str, str], span: Span
) -> tuple[Sample, Sample]:
    """The conversions of those of two arms who are chosen."""
    chosen = [each for each in seen if choose(each)]
    control, treated = (count(name, [each for each in chosen if each.arm == name], span) for name in arms)
    return control.conversions, treated.conversions


def _within(seen: Seen, start: datetime, end: datetime) -> list[float]:
    return [money for at, money in seen.happened if start <= at < end]


def _share(seen: Sequence[Seen], metric: str, span: Span) -> Sample:
    spans = [(each, *span.counted(each)) for each in seen]
    hit = [any(start <= at < end for at in each.guarded.get(metric, ())) for each, start, end in spans]
    return Sample.of_share(len(hit), sum(hit))
