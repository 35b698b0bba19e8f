"""For whom a treatment works: the difference inside each segment, and whether it is another one outside.

Whoever looks at many segments finds one by chance. So every interval here is made for the number of segments that
are looked at (Bonferroni): all that is said inside them holds at once, and so does all of how they differ.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from learning.experiments.comparing import Interval
from learning.experiments.look import Look, Told
from learning.experiments.samples import Sample

Pair = tuple[Sample, Sample]
"""Control and treatment."""


@dataclass(frozen=True)
class Segment:
    """What a treatment does inside a segment, and outside it."""

    name: str
    customers: int
    """Inside, in both arms."""
    inside: Told
    outside: Told
    differ: Interval
    """The difference inside less that outside."""


def by_segment(groups: Mapping[str, tuple[Pair, Pair]], look: Look) -> tuple[Segment, ...]:
    """Compare control and treatment inside and outside of every segment. Segments with fewer than two customers
    of an arm inside, or outside, are left out, and do not widen what is said of the others."""
    told = {name: pairs for name, pairs in groups.items() if _enough(pairs)}
    shared = look.shared(len(told))
    return tuple(_segment(name, inside, outside, shared) for name, (inside, outside) in told.items())


def _enough(pairs: tuple[Pair, Pair]) -> bool:
    return all(sample.customers > 1 for pair in pairs for sample in pair)


def _segment(name: str, inside: Pair, outside: Pair, look: Look) -> Segment:
    within, without = look.tell(*inside), look.tell(*outside)
    gap = within.difference.estimate - without.difference.estimate
    counts = [sample.customers for pair in (inside, outside) for sample in pair]
    differ = look.interval(gap, math.hypot(within.error, without.error), sum(counts))
    return Segment(name, counts[0] + counts[1], within, without, differ)
