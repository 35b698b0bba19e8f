"""What a treatment brings that would not have come anyway: treated customers against the control."""

from dataclasses import dataclass

from learning.experiments.comparing import Interval
from learning.experiments.look import Look, Told
from learning.experiments.samples import Sample


@dataclass(frozen=True)
class Incrementality:
    """What came on top, in all, over the treated customers."""

    conversions: Interval
    """Customers who converted and would not have without."""
    money: Interval
    """In the currency of the values, less what it cost."""
    rate: Told
    """The difference of the conversion rates."""
    value: Told
    """The difference of the money a customer."""

    @property
    def proven(self) -> bool:
        """Whether the money's interval lies above nothing."""
        return self.money.low > 0


def incrementality(
    control: tuple[Sample, Sample], treated: tuple[Sample, Sample], look: Look, cost: float = 0.0
) -> Incrementality:
    """The lift over the control: pairs of conversions (0 or 1) and money a customer, over all who were assigned.

    `cost` is what the treatment cost in all. Who was assigned counts, whether they were reached or not, so that
    the two groups differ in nothing but the treatment. Raises TooFew with fewer than two customers in a group.
    """
    rate, value = look.tell(control[0], treated[0]), look.tell(control[1], treated[1])
    gained = value.difference.times(treated[1].customers)
    return Incrementality(
        rate.difference.times(treated[0].customers),
        Interval(gained.estimate - cost, gained.low - cost, gained.high - cost),
        rate,
        value,
    )
