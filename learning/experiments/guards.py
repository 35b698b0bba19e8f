"""Guardrail metrics: what an experiment must not make worse, such as unsubscribes or complaints."""

from dataclasses import dataclass
from typing import Literal

from learning.experiments.comparing import compare
from learning.experiments.samples import Sample
from learning.experiments.watching import so_far, worse_than


@dataclass(frozen=True)
class Guard:
    """One metric that must not rise."""

    metric: str
    margin: float = 0.0
    """How much worse than the control is borne, as a share of it: 0.1 is a tenth."""


@dataclass(frozen=True)
class Guarded:
    """How a guardrail metric stands."""

    metric: str
    state: Literal["safe", "unclear", "harmed"]
    """Safe: certainly no worse than the margin. Harmed: certainly worse. Unclear: neither yet."""
    why: str


def guarded(guard: Guard, control: Sample, treatment: Sample, planned: int, confidence: float = 0.95) -> Guarded:
    """How the metric stands at this look; it may be asked at every look. Raises TooFew as `compare`."""
    comparison = compare(control, treatment, confidence)
    rates = f"{comparison.treatment.value:.4g} with it, {comparison.control.value:.4g} without"
    if not control.total and not treatment.total:
        return Guarded(guard.metric, "unclear", "it has not happened yet")
    allowed = guard.margin * comparison.control.value
    if worse_than(comparison, guard.margin, planned, confidence).low > 0:
        return Guarded(guard.metric, "harmed", f"worse by more than {guard.margin:.0%}: {rates}")
    if so_far(comparison, planned, confidence).high <= allowed:
        return Guarded(guard.metric, "safe", f"not worse by more than {guard.margin:.0%}: {rates}")
    return Guarded(guard.metric, "unclear", f"too early to say: {rates}")
