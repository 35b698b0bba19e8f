"""Whether the arms have the sizes that they should have. If not, something loses customers, and no result is
sound."""

from collections.abc import Sequence

from learning.distributions import chi2_tail

SUSPICIOUS = 0.001
"""Below this probability the split is held to be broken (Fabijan et al.: Diagnosing Sample Ratio Mismatch, KDD
2019)."""


def sample_ratio(customers: Sequence[int], weights: Sequence[float]) -> float:
    """How often a sound split is at least as far from its weights: Pearson's chi-squared test.

    Arms of no weight are left out; 1 without any customer. Raises ValueError when the lists differ in length.
    """
    pairs = [(count, weight) for count, weight in zip(customers, weights, strict=True) if weight > 0]
    total, weight_sum = sum(count for count, _ in pairs), sum(weight for _, weight in pairs)
    if total == 0 or len(pairs) < 2:
        return 1.0
    distance = sum(
        (count - total * weight / weight_sum) ** 2 / (total * weight / weight_sum) for count, weight in pairs
    )
    return chi2_tail(distance, len(pairs) - 1)
