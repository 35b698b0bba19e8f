"""What customers do with products: which they look at and buy together, and which are touched most of late.

Together is item-to-item co-occurrence: two products are as near as the cosine of who touched them, the number of
customers who touched both over the square root of the product of those who touched each (Linden, Smith and York,
"Amazon.com Recommendations: Item-to-Item Collaborative Filtering", IEEE Internet Computing 7(1), 2003). Each
customer counts once for a pair, so that none can make it alone.

A trend is a sum of touches that halves in a week, at most one a day for each customer and product.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from learning.features import decay
from learning.features.observed import DAY, lines

Kind = Literal["viewed", "bought"]
KINDS: Mapping[str, Kind] = {
    "Product Viewed": "viewed",
    "Product Clicked": "viewed",
    "Product Added to Wishlist": "viewed",
    "Product Added": "viewed",
    "Order Completed": "bought",
}
"""What each event of Segment's e-commerce specification says of its products."""
FEWEST = 3
"""Customers whom a pair needs to be shown: with fewer it would tell what one of them bought."""
_HALF_LIFE = 7 * DAY
_TOGETHER = 30 * DAY
"""Touches that are further apart have nothing to do with each other."""
_MOST = 50
"""Of a customer's touches the latest so many are looked at for pairs."""
Key = tuple[str, Kind]
"""A product, and what was done with it."""


@dataclass
class Touches:
    """What one page of events adds: by product and kind the customers who are new to it and the moments that count
    for its trend, and by pair the customers who are new to it."""

    customers: dict[Key, int] = field(default_factory=dict[Key, int])
    moments: dict[Key, list[int]] = field(default_factory=dict[Key, list[int]])
    pairs: dict[tuple[str, str, Kind], int] = field(default_factory=dict[tuple[str, str, Kind], int])

    def add(self, known: dict[Key, int], event: str, properties: Mapping[str, Any], at: int) -> None:
        """Count an event of one customer. `known` is when they touched what, in seconds since 1970, and learns of
        this. An event that was counted before, or is older than the last that was, adds nothing."""
        kind = KINDS.get(event)
        if kind is None:
            return
        for product in dict.fromkeys(line.product for line in lines(properties)):
            before = known.get((product, kind))
            if before is None:
                self._meet(known, product, kind, at)
            if before is None or at - before >= DAY:
                self.moments.setdefault((product, kind), []).append(at)
                known[product, kind] = at

    def _meet(self, known: Mapping[Key, int], product: str, kind: Kind, at: int) -> None:
        """Count a customer who is new to a product, and the pairs that it makes with what they touched before."""
        self.customers[product, kind] = self.customers.get((product, kind), 0) + 1
        others = [(name, then) for (name, how), then in known.items() if how == kind]
        for other, then in sorted(others, key=lambda each: (-each[1], each[0]))[:_MOST]:
            if abs(at - then) <= _TOGETHER:
                for one, two in ((product, other), (other, product)):
                    self.pairs[one, two, kind] = self.pairs.get((one, two, kind), 0) + 1


def trend(old: tuple[float, int] | None, moments: Iterable[int]) -> tuple[float, int, float]:
    """A trend after more touches: its weight, the moment of that weight, and its rank. Whichever of two has the
    greater rank has the greater weight left at any moment: both halve alike."""
    faded = None if old is None else [old[0], float(old[1])]
    for at in moments:
        faded = decay.add(faded, 1.0, at, _HALF_LIFE)
    assert faded is not None, "a trend has at least one touch"
    weight, at = faded
    return weight, int(at), math.log2(weight) + at / _HALF_LIFE
