"""What a journey brings that would not have come anyway: treated customers against the holdout, never a proxy."""

from dataclasses import dataclass

from learning.experiments.comparing import Comparison, Interval, compare
from learning.experiments.samples import Sample


@dataclass(frozen=True)
class Incrementality:
    """What came on top, in all, over the treated customers."""

    conversions: Interval
    """Customers who converted and would not have without."""
    money: Interval
    """In the currency of the values, less what it cost."""
    conversion: Comparison
    """The conversion rates side by side."""
    value: Comparison
    """The value a customer side by side."""

    @property
    def proven(self) -> bool:
        """Whether the money's interval lies above nothing."""
        return self.money.low > 0


def incrementality(
    held_out: tuple[Sample, Sample], treated: tuple[Sample, Sample], cost: float = 0.0, confidence: float = 0.95
) -> Incrementality:
    """The lift over the holdout: pairs of conversions (0 or 1) and money a customer, over all who were assigned.

    `cost` is what the treatment cost in all. Who was assigned counts, whether they were reached or not, so that
    the two groups differ in nothing but the treatment. Raises TooFew with fewer than two customers in a group.
    """
    conversion = compare(held_out[0], treated[0], confidence)
    value = compare(held_out[1], treated[1], confidence)
    gained = value.difference.times(treated[1].customers)
    return Incrementality(
        conversion.difference.times(treated[0].customers),
        Interval(gained.estimate - cost, gained.low - cost, gained.high - cost),
        conversion,
        value,
    )
