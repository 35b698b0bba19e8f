"""The lift over a permanent holdout: it has no planned end, so what is said of it holds at every look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from learning.experiments.arms import Arm, Seen, Span, count
from learning.experiments.incrementality import Incrementality, incrementality
from learning.experiments.look import Look
from learning.experiments.ratio import SUSPICIOUS, sample_ratio

_NARROWEST = 10_000
"""Customers at which the intervals are narrowest, in want of a plan."""


@dataclass(frozen=True)
class Lift:
    """What came on top of what came anyway."""

    held_out: Arm
    treated: Arm
    brought: Incrementality
    waiting: int
    """Customers whose window is still open: they do not count yet."""
    split: float
    """How often a sound split is at least as far from its weights."""

    @property
    def sound(self) -> bool:
        """Whether the arms have the sizes that they should have."""
        return self.split >= SUSPICIOUS


def lift(seen: Sequence[Seen], weights: Mapping[str, float], span: Span) -> Lift:
    """The lift by `span.end`. `weights` are the shares of the holdout and of the others, in this order.

    With a window, those count who came since the start and whose window is over; without one, everybody, by what
    they did since the start. Raises TooFew with fewer than two customers in an arm.
    """
    came = [each for each in seen if span.after is None or each.since >= span.start]
    over = [each for each in came if span.after is None or each.since + span.after <= span.end]
    held_out, treated = (count(name, [each for each in over if each.arm == name], span) for name in weights)
    brought = incrementality(
        (held_out.conversions, held_out.money), (treated.conversions, treated.money), Look(_NARROWEST)
    )
    counts = [sum(each.arm == name for each in came) for name in weights]
    return Lift(held_out, treated, brought, len(came) - len(over), sample_ratio(counts, list(weights.values())))


def says(found: Lift) -> str:
    """What the money means, in words that need no statistics."""
    money = found.brought.money
    if not found.sound:
        return "The arms have not the sizes they should have, so nothing here can be believed."
    if money.low > 0:
        return "It brings money that would not have come anyway."
    if money.high < 0:
        return "It costs money: those without it bring more."
    return "Nothing is proven: it may bring money or cost some."
