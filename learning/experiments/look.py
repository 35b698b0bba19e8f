"""One look at an experiment: which intervals may be given at it, and by which method."""

import math
from dataclasses import dataclass
from typing import Literal

from learning.distributions import t_quantile
from learning.experiments.comparing import Interval, compare
from learning.experiments.samples import Sample
from learning.experiments.watching import at_any_time, lift_so_far, so_far

Method = Literal["confidence sequence", "Welch with CUPED"]


@dataclass(frozen=True)
class Told:
    """What is said of the difference between two arms."""

    difference: Interval
    error: float
    """The difference's standard error."""
    lift: Interval | None
    """Relative to the control; None where there is no ratio."""
    p_value: float | None
    """Two-sided; None on the way, where it would hold at one look only."""


@dataclass(frozen=True)
class Look:
    """On the way, where one may look as often as one likes, or the one at the planned end."""

    planned: int
    """Customers in all, where the intervals on the way are narrowest."""
    final: bool = False
    confidence: float = 0.95

    @property
    def method(self) -> Method:
        """A confidence sequence on the way, Welch's test at the end; CUPED is applied in both."""
        return "Welch with CUPED" if self.final else "confidence sequence"

    def shared(self, claims: int) -> "Look":
        """The same for each of several claims, so that all of them hold at once (Bonferroni)."""
        return Look(self.planned, self.final, 1 - (1 - self.confidence) / max(claims, 1))

    def tell(self, control: Sample, treatment: Sample) -> Told:
        """How a treatment differs from the control. Raises TooFew with fewer than two customers in one of them."""
        made = compare(control, treatment, self.confidence)
        error = math.hypot(made.control.error, made.treatment.error)
        if self.final:
            return Told(made.difference, error, made.lift, made.p_value)
        planned = self.planned, self.confidence
        return Told(so_far(made, *planned), error, lift_so_far(made, *planned), None)

    def interval(self, estimate: float, error: float, customers: int) -> Interval:
        """Of anything else that was estimated over so many customers, who are many."""
        if not self.final:
            return at_any_time(estimate, error, customers, self.planned, self.confidence)
        reach = error * t_quantile((1 + self.confidence) / 2, customers)
        return Interval(estimate, estimate - reach, estimate + reach)
