"""Sudden harm, for each journey and channel: CUSUM, the sequential likelihood ratio of "it doubled" against "it
is as ever" that restarts at 0 (Page: Continuous Inspection Schemes, Biometrika 1954)."""

import math
from dataclasses import dataclass, replace

from learning.guardrails.level import Level

THRESHOLD = math.log(2160)
"""For steps of an hour: about 4 % false alarms in 60 days."""


@dataclass(frozen=True)
class Watch:
    """One watched number and how it stands. Plain fields, so that it can be stored as it is."""

    threshold: float = THRESHOLD
    score: float = 0.0
    """The logarithm of how much likelier harm is than none, since the last restart."""
    acted: bool = False
    """Whether it was ever at the threshold; stays until a person re-arms."""

    @property
    def level(self) -> Level:
        """Warn at half of the threshold; act at it."""
        if self.acted:
            return Level.ACT
        return Level.WARN if self.score >= self.threshold / 2 else Level.CALM

    def rearmed(self) -> "Watch":
        """As a person sets it again."""
        return replace(self, score=0.0, acted=False)

    def after_events(self, happened: int, of: int, usual: float, harmful: float | None = None) -> "Watch":
        """After a step in which so many of so many went wrong: unsubscribed, complained, bounced.

        `usual` is the rate in peace, `harmful` the one to find, twice that unless said otherwise. Raises
        ValueError when the rates make no sense or more went wrong than there were.
        """
        bad = 2 * usual if harmful is None else harmful
        if not 0 < usual < bad < 1 or not 0 <= happened <= of:
            raise ValueError(f"{happened} of {of} at a usual rate of {usual} and a harmful one of {bad}")
        gained = happened * math.log(bad / usual) + (of - happened) * math.log((1 - bad) / (1 - usual))
        return self._after(gained)

    def after_mean(self, mean: float, of: int, usual: float, harmful: float, deviation: float) -> "Watch":
        """After a step with this mean over so many: margin, or time to an answer.

        `harmful` is the mean to find, below or above the usual one; `deviation` that of a single value. Raises
        ValueError without a deviation or a harm.
        """
        if deviation <= 0 or harmful == usual:
            raise ValueError("a mean is watched with a deviation above 0 and a harmful value other than the usual")
        gap = harmful - usual
        return self._after(of * gap / deviation**2 * (mean - usual - gap / 2))

    def _after(self, gained: float) -> "Watch":
        score = max(0.0, self.score + gained)
        return replace(self, score=score, acted=self.acted or score >= self.threshold)
