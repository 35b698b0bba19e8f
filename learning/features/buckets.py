"""Counts by hour and by day, so that "in the last seven days" is asked of the moment it is asked in."""

from collections.abc import Mapping

Buckets = dict[str, int]
"""Counts by the number of the hour or day since 1970, in UTC, as text because JSON's keys are."""


def add(buckets: Buckets, number: int, keep: int, count: int = 1) -> None:
    """Count something in a bucket, and forget those more than `keep` before the newest. In whatever order
    things are counted, the same buckets are left."""
    newest = max(number, int(max(buckets, key=int))) if buckets else number
    if number > newest - keep:
        buckets[str(number)] = buckets.get(str(number), 0) + count
    if number == newest:
        for old in [key for key in buckets if int(key) <= newest - keep]:
            del buckets[old]


def merge(one: Mapping[str, int], other: Mapping[str, int], keep: int) -> Buckets:
    """Two counts as one."""
    together: Buckets = {}
    for number in sorted({*one, *other}, key=int):
        add(together, int(number), keep, one.get(number, 0) + other.get(number, 0))
    return together


def last(buckets: Mapping[str, int], now: int, most: int) -> int:
    """How many were counted in the bucket `now` and the `most - 1` before it."""
    return sum(count for number, count in buckets.items() if now - most < int(number) <= now)
