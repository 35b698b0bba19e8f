"""For whom a treatment works: the difference in each segment, and whether the segments differ at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from learning.distributions import chi2_tail
from learning.experiments.comparing import Comparison, compare
from learning.experiments.samples import Sample


@dataclass(frozen=True)
class Segment:
    """One segment's result."""

    name: str
    comparison: Comparison
    p_value: float
    """Corrected for the number of segments that were looked at."""
    stands: bool
    """Whether the corrected result is significant."""


@dataclass(frozen=True)
class Heterogeneity:
    """All segments' results."""

    segments: tuple[Segment, ...]
    p_differ: float
    """How often segments look at least so different where the effect is the same in all (Cochran's Q)."""


def by_segment(
    arms: Mapping[str, tuple[Sample, Sample]], alpha: float = 0.05, confidence: float = 0.95
) -> Heterogeneity:
    """Compare control and treatment in every segment. Segments with fewer than two customers in an arm are left
    out."""
    made = {
        name: compare(control, treatment, confidence)
        for name, (control, treatment) in arms.items()
        if control.customers > 1 and treatment.customers > 1
    }
    corrected = holm([comparison.p_value for comparison in made.values()])
    segments = tuple(
        Segment(name, comparison, p_value, p_value <= alpha)
        for (name, comparison), p_value in zip(made.items(), corrected, strict=True)
    )
    return Heterogeneity(segments, _differ(list(made.values())))


def holm(p_values: Sequence[float]) -> list[float]:
    """P values corrected for their number, in the same order (Holm: A Simple Sequentially Rejective Multiple Test
    Procedure, Scandinavian Journal of Statistics 1979)."""
    corrected, so_far = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        so_far = max(so_far, min(1.0, p_values[place] * (len(p_values) - rank)))
        corrected[place] = so_far
    return corrected


def _differ(made: Sequence[Comparison]) -> float:
    """Cochran's Q over the differences; segments without any spread tell nothing."""
    told = [(c.difference.estimate, c.control.error**2 + c.treatment.error**2) for c in made]
    told = [(gap, variance) for gap, variance in told if variance > 0]
    if len(told) < 2:
        return 1.0
    mean = sum(gap / variance for gap, variance in told) / sum(1 / variance for _, variance in told)
    return chi2_tail(sum((gap - mean) ** 2 / variance for gap, variance in told), len(told) - 1)
