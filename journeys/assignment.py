"""Sticky assignment: which share or arm a customer falls into, the same on every machine and for ever.

GrowthBook's hash, version 2: https://docs.growthbook.io/lib/build-your-own#hash-functions
"""

from collections.abc import Sequence

from journeys.steps import Arm

_BUCKETS = 10_000


def share(seed: str, unit: str) -> float:
    """Where a unit falls for a seed: a number from 0 to below 1, in steps of 1/10,000."""
    return _fnv1a32(str(_fnv1a32(seed + unit))) % _BUCKETS / _BUCKETS


def arm_of(experiment: str, customer_id: str, arms: Sequence[Arm]) -> Arm:
    """The arm a customer is in. Raises ValueError when no arm has any weight."""
    total = sum(arm.weight for arm in arms)
    if total == 0:
        raise ValueError(f"no arm of '{experiment}' has a weight")
    point, passed = share(experiment, customer_id) * total, 0
    for arm in arms:
        passed += arm.weight
        if point < passed:
            return arm
    return arms[-1]


def _fnv1a32(text: str) -> int:
    """FNV-1a, 32 bits (draft-eastlake-fnv)."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value
