"""What of a content touches price or compliance, and so what a change of it touches."""

from content.variant import Variant
from journeys.review import Area


def touches(variant: Variant) -> tuple[Area, ...]:
    """The areas that a content touches by what it promises, must say, or is about."""
    front = variant.front
    offers = front.offer is not None or any(name.partition(".")[0] == "offer" for name in variant.used)
    bound = front.purpose != "marketing" or front.requires or front.categories or front.accept
    found: dict[Area, bool] = {"price": offers, "compliance": bool(bound)}
    return tuple(area for area, touched in found.items() if touched)


def touches_by_change(old: Variant | None, new: Variant) -> tuple[Area, ...]:
    """The areas that one version in the place of another touches: those of either, so that what the law binds does
    not get loose by no longer saying so. To retire a content touches nothing: it then says nothing any more."""
    if new.front.status == "retired":
        return ()
    before = touches(old) if old else ()
    return tuple(dict.fromkeys([*before, *touches(new)]))
