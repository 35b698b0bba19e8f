"""The spans of a run as a tree: parents before children, and what stands side by side in the order it began."""

from collections import defaultdict
from collections.abc import Sequence

from store.tables import Span


def in_tree_order(spans: Sequence[Span]) -> list[tuple[Span, int]]:
    """The spans of one trace with how deep each stands, from 0. A span whose parent is missing is a root."""
    below = _by_parent(spans)
    order: list[tuple[Span, int]] = []
    waiting = [(span, 0) for span in reversed(below.get(None, []))]
    while waiting:
        span, depth = waiting.pop()
        order.append((span, depth))
        waiting += [(child, depth + 1) for child in reversed(below.get(span.span_id, []))]
    return order


def _by_parent(spans: Sequence[Span]) -> dict[str | None, list[Span]]:
    """Spans by parent, in the order they began; those without a parent in the trace under None."""
    known, below = {span.span_id for span in spans}, defaultdict[str | None, list[Span]](list)
    # A branch takes no time: it begins when what it leads to begins, and ends before.
    for span in sorted(spans, key=lambda span: (span.started_at, span.ended_at)):
        below[span.parent_id if span.parent_id in known else None].append(span)
    return dict(below)
