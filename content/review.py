"""What of a content touches price or compliance, and so whose approval it takes."""

from content.variant import Variant
from journeys.review import Area


def touches(variant: Variant) -> tuple[Area, ...]:
    """The areas that a content touches by what it promises, must say, or is about."""
    front = variant.front
    offers = front.offer is not None or any(name.partition(".")[0] == "offer" for name in variant.used)
    bound = front.purpose != "marketing" or front.requires or front.categories or front.accept
    found: dict[Area, bool] = {"price": offers, "compliance": bool(bound)}
    return tuple(area for area, touched in found.items() if touched)
