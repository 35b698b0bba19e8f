"""Which events a condition counts: `run.events["Product Viewed"]` is how many of them the run has heard.

A run counts only what its journey names, so a name stands in the condition itself, in plain quotes.
"""

from functools import lru_cache

from journeys.checking.syntax import Index, Literal, Member, Name, Node, parse, walk

COUNTS = "events"
"""The name in `run` under which the counts stand; no step and no attribute may have it."""
_EVENTS = f"run.{COUNTS}"


@lru_cache(maxsize=4096)
def counted(source: str) -> frozenset[str]:
    """The names of the events that an expression counts. Raises ValueError when one cannot be told from it."""
    if COUNTS not in source:
        return frozenset()
    tree = parse(source)
    names = {name for node in walk(tree) if (name := _named(source, node)) is not None} if tree else set[str]()
    counts = sum(_is_counts(node) for node in walk(tree)) if tree else source.count(_EVENTS)
    named = sum(_is_counts(node.of) for node in walk(tree) if isinstance(node, Index | Member)) if tree else 0
    if named < counts or "" in names:
        raise ValueError(f"'{source}' must name the event it counts: write {_EVENTS}[\"Product Viewed\"]")
    return frozenset(names)


def _is_counts(node: Node) -> bool:
    return isinstance(node, Member) and node.name == COUNTS and isinstance(node.of, Name) and node.of.name == "run"


def _named(source: str, node: Node) -> str | None:
    """The event that a part of an expression counts; empty when its name is not there in plain quotes."""
    if isinstance(node, Member) and _is_counts(node.of):
        return node.name
    if not isinstance(node, Index) or not _is_counts(node.of):
        return None
    key, text = node.key, source[node.key.start : node.key.end]
    plain = (
        isinstance(key, Literal)
        and key.kind == "text"
        and text[0] in "'\""
        and text[1] != text[0]
        and "\\" not in text
    )
    return text[1:-1] if plain else ""
