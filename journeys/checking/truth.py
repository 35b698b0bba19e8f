"""Whether a condition can be true at all, where that is plain to see."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from journeys.checking.syntax import Member, Name, Node, Operation, parse, walk
from journeys.conditions import value

_MIRRORED = {"==": "==", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True)
class Never:
    """Why a condition is never true, and the part that makes it so."""

    node: Node
    message: str


@dataclass(frozen=True)
class _Bound:
    """One side of a comparison with a constant: `path operator value`."""

    node: Node
    operator: str
    value: Any


def always_true(source: str) -> bool:
    """Whether a condition is true whatever happens."""
    tree = parse(source)
    return tree is not None and _truth(source, tree) is True


def never_true(source: str, tree: Node) -> Never | None:
    """Why a condition is never true, or None when it may be, as far as can be seen."""
    if _truth(source, tree) is False:
        part = next((p for p in _conjuncts(tree) if _truth(source, p) is False), tree)
        return Never(part, f"'{source[part.start : part.end]}' is never true")
    bounds: defaultdict[str, list[_Bound]] = defaultdict(list)
    for part in _conjuncts(tree):
        for path, bound in _bounds(source, part):
            against = next((b for b in bounds[path] if _contradict(b, bound)), None)
            if against:
                earlier, later = (source[b.node.start : b.node.end] for b in (against, bound))
                return Never(part, f"'{earlier}' and '{later}' are never both true")
            bounds[path].append(bound)
    return None


def _truth(source: str, node: Node) -> bool | None:
    """What a part always is, or None when it depends."""
    if isinstance(node, Operation) and node.operator in ("&&", "||"):
        settles = node.operator == "||"
        truths = [_truth(source, operand) for operand in node.operands]
        return settles if settles in truths else None if None in truths else not settles
    if isinstance(node, Operation) and node.operator == "!":
        inner = _truth(source, node.operands[0])
        return None if inner is None else not inner
    if any(isinstance(part, Name) for part in walk(node)):
        return None
    found = value(source[node.start : node.end], {})
    return found if isinstance(found, bool) else None


def _conjuncts(node: Node) -> Iterator[Node]:
    """The parts that must all be true."""
    if isinstance(node, Operation) and node.operator == "&&":
        for operand in node.operands:
            yield from _conjuncts(operand)
    else:
        yield node


def _bounds(source: str, node: Node) -> Iterator[tuple[str, _Bound]]:
    """What a part demands of a path such as `event.total`."""
    if path := _path(node):
        yield path, _Bound(node, "==", True)
    elif isinstance(node, Operation) and node.operator == "!" and (path := _path(node.operands[0])):
        yield path, _Bound(node, "==", False)
    elif isinstance(node, Operation) and node.operator in _MIRRORED:
        left, right = node.operands
        operator = node.operator
        if not _path(left):
            left, right, operator = right, left, _MIRRORED[operator]
        if (path := _path(left)) and not any(isinstance(part, Name) for part in walk(right)):
            constant = value(source[right.start : right.end], {})
            if isinstance(constant, str | int | float):
                yield path, _Bound(node, operator, constant)


def _path(node: Node) -> str:
    """A dotted path, or empty for anything else."""
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Member) and (inner := _path(node.of)):
        return f"{inner}.{node.name}"
    return ""


def _contradict(one: _Bound, other: _Bound) -> bool:
    """Whether no value meets both."""
    if isinstance(one.value, str) != isinstance(other.value, str):
        return True
    if isinstance(one.value, bool) != isinstance(other.value, bool):
        return True
    if one.operator == "==":
        return not _meets(one.value, other)
    if other.operator == "==":
        return not _meets(other.value, one)
    if one.operator[0] == other.operator[0]:
        return False
    low, high = (one, other) if one.operator[0] == ">" else (other, one)
    strict = low.operator == ">" or high.operator == "<"
    return low.value >= high.value if strict else low.value > high.value


def _meets(given: Any, bound: _Bound) -> bool:
    match bound.operator:
        case "==":
            return given == bound.value
        case "<":
            return given < bound.value
        case "<=":
            return given <= bound.value
        case ">":
            return given > bound.value
        case _:
            return given >= bound.value
