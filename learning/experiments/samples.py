"""What is counted of an arm: sums over its customers, which merge in any order."""

from collections.abc import Iterable
from dataclasses import dataclass


class TooFew(ValueError):
    """There are too few customers to say anything. The message says how many there are."""


@dataclass(frozen=True)
class Sample:
    """Sums of a metric y over the customers of an arm, and of what was known of them before, x."""

    customers: int = 0
    total: float = 0.0
    """Sum of y."""
    squares: float = 0.0
    """Sum of y²."""
    before: float = 0.0
    """Sum of x, the same metric in a time before the experiment."""
    before_squares: float = 0.0
    products: float = 0.0
    """Sum of x y."""

    @classmethod
    def of(cls, values: Iterable[float], before: Iterable[float] | None = None) -> "Sample":
        """Of one value a customer, and perhaps one from before, in the same order."""
        ys = [float(value) for value in values]
        xs = [0.0] * len(ys) if before is None else [float(value) for value in before]
        return cls(
            len(ys),
            sum(ys),
            sum(y * y for y in ys),
            sum(xs),
            sum(x * x for x in xs),
            sum(x * y for x, y in zip(xs, ys, strict=True)),
        )

    @classmethod
    def of_moments(
        cls,
        customers: int,
        mean: float,
        variance: float,
        before_mean: float = 0.0,
        before_variance: float = 0.0,
        covariance: float = 0.0,
    ) -> "Sample":
        """Of the unbiased moments that other tools report."""
        freedom = customers - 1
        return cls(
            customers,
            customers * mean,
            freedom * variance + customers * mean**2,
            customers * before_mean,
            freedom * before_variance + customers * before_mean**2,
            freedom * covariance + customers * mean * before_mean,
        )

    @classmethod
    def of_share(cls, customers: int, converted: int) -> "Sample":
        """Of a metric that is 1 for who converted and else 0."""
        return cls(customers, converted, converted)

    def __add__(self, other: "Sample") -> "Sample":
        return Sample(
            self.customers + other.customers,
            self.total + other.total,
            self.squares + other.squares,
            self.before + other.before,
            self.before_squares + other.before_squares,
            self.products + other.products,
        )

    @property
    def mean(self) -> float:
        """Of y. Raises TooFew without customers."""
        return self.total / self._at_least(1)

    @property
    def variance(self) -> float:
        """Of y, unbiased. Raises TooFew with fewer than two customers."""
        return max(self.squares - self.total**2 / self._at_least(2), 0.0) / (self.customers - 1)

    @property
    def before_mean(self) -> float:
        """Of x. Raises TooFew without customers."""
        return self.before / self._at_least(1)

    @property
    def before_variance(self) -> float:
        """Of x, unbiased. Raises TooFew with fewer than two customers."""
        return max(self.before_squares - self.before**2 / self._at_least(2), 0.0) / (self.customers - 1)

    @property
    def covariance(self) -> float:
        """Of x and y, unbiased. Raises TooFew with fewer than two customers."""
        return (self.products - self.before * self.total / self._at_least(2)) / (self.customers - 1)

    def _at_least(self, needed: int) -> int:
        if self.customers < needed:
            raise TooFew(f"{self.customers} customers are too few; {needed} are needed at the least")
        return self.customers
