"""What conditions see of a customer beyond the attributes they were given: what is worked out from their events.

`FEATURES` says what there is and of which kind; learning/features/ works it out, and a test compares the two.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import cast

from journeys.checking.kinds import BOOLEAN, INTEGER, NUMBER, STRING, Kind
from journeys.checking.syntax import Index, Literal, Member, Name, Node, parse, walk
from journeys.conditions import value

_TIME = Kind("string", is_time=True)
_COUNTS = Kind(
    "object",
    {
        **dict.fromkeys(("count", "last_24h", "last_7d", "last_30d"), INTEGER),
        **dict.fromkeys(("first_at", "last_at"), _TIME),
        "days_since": NUMBER,
    },
)
_MESSAGES = Kind("object", {name: kind for name, kind in (_COUNTS.fields or {}).items() if name != "last_24h"})
_SCORES = {
    **dict.fromkeys(("churn", "value", "purchase", "discount_affinity"), NUMBER),
    "best_hour": Kind("object", item=NUMBER),
}
FEATURES: Mapping[str, Kind] = {
    "events": Kind("object", item=_COUNTS),
    "session": Kind(
        "object",
        {
            **dict.fromkeys(("count", "pages", "seconds", "total_seconds"), INTEGER),
            "active": BOOLEAN,
            **dict.fromkeys(("page", "entry", "referrer"), STRING),
            **dict.fromkeys(("started_at", "last_at"), _TIME),
            "days_since": NUMBER,
        },
    ),
    "interests": Kind(
        "object",
        {
            **dict.fromkeys(("last_product", "top_product", "last_category", "top_category"), STRING),
            "products": Kind("list", item=STRING),
            "categories": Kind("object", item=NUMBER),
        },
    ),
    "cart": Kind(
        "object",
        {
            "open": BOOLEAN,
            "items": INTEGER,
            "value": NUMBER,
            "products": Kind("list", item=STRING),
            "changed_at": _TIME,
            "hours_since": NUMBER,
        },
    ),
    "orders": Kind(
        "object",
        {
            **dict.fromkeys(("count", "discounted", "last_30d", "last_90d", "last_365d"), INTEGER),
            **dict.fromkeys(("value", "average", "refunded", "days_since"), NUMBER),
            "spent": Kind("object", item=NUMBER),
            **dict.fromkeys(("first_at", "last_at"), _TIME),
        },
    ),
    "messages": Kind(
        "object",
        item=Kind(
            "object",
            dict.fromkeys(("sent", "delivered", "opened", "clicked", "replied", "bounced"), _MESSAGES),
        ),
    ),
    # A team may add scores of its own, so that there may be others.
    "scores": Kind("object", {**_SCORES, "confidence": Kind("object", _SCORES, open=True)}, open=True),
}
"""By the name they have below `customer`. An attribute of the same name cannot be seen."""

Asked = dict[str, tuple[str, ...]]
"""What expressions ask of the customer: names below `customer`, and what below each. None below is all of it."""


def asked_of(sources: Iterable[str]) -> Asked | None:
    """What some expressions ask of the customer. None when that cannot be told, and may be everything."""
    asked: dict[str, set[str] | None] = {}
    for source in sources:
        found = _asked_in(source)
        if found is None:
            return None
        for first, second in found:
            known = asked.setdefault(first, set())
            asked[first] = None if known is None or second is None else known | {second}
    return {first: tuple(sorted(asked[first] or ())) for first in sorted(asked)}


@lru_cache(maxsize=1024)
def _asked_in(source: str) -> frozenset[tuple[str, str | None]] | None:
    tree = parse(source)
    if tree is None:
        return None
    found = [path for node in outermost(tree) if (path := path_of(source, node))]
    if len(found) != sum(isinstance(node, Name) and node.name == "customer" for node in walk(tree)):
        return None
    return frozenset((path[0], path[1] if len(path) > 1 else None) for path in found)


def outermost(node: Node) -> Iterable[Node]:
    """The members and items that are not themselves what another one is a member or an item of."""
    if isinstance(node, Member | Index):
        yield node
        inner: Node = node
        while isinstance(inner, Member | Index):
            if isinstance(inner, Index):
                yield from outermost(inner.key)
            inner = inner.of
        yield from outermost(inner)
        return
    for part in node.parts():
        yield from outermost(part)


def path_of(source: str, node: Node) -> tuple[str, ...]:
    """The names that lead from `customer` to a node, as far as they are plain; empty for anything else."""
    names: list[str | None] = []
    while isinstance(node, Member | Index):
        names.append(node.name if isinstance(node, Member) else _text(source, node.key))
        node = node.of
    if not isinstance(node, Name) or node.name != "customer":
        return ()
    names.reverse()
    plain = names[: names.index(None)] if None in names else names
    return tuple(cast(list[str], plain))


def _text(source: str, key: Node) -> str | None:
    if not isinstance(key, Literal) or key.kind != "text":
        return None
    return str(value(source[key.start : key.end], {}))
