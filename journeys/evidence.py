"""Why a condition is not true: the parts of it that are not, and what stood in them."""

from collections.abc import Iterator

from journeys.checking.syntax import Index, Member, Name, Node, Operation, parse
from journeys.conditions import NAMES, Scope, holds, value


def why_not_true(source: str, scope: Scope) -> list[str]:
    """The parts joined by `&&` that are not true, each with the values that it looked at; none when it holds.

    A value that was not there is said to be missing: it makes what asks for it false.
    """
    if holds(source, scope):
        return []
    tree = parse(source)
    parts = list(_conjuncts(tree)) if tree else []
    wrong = [part for part in parts if not holds(source[part.start : part.end], scope)]
    if not wrong:
        return [f"'{source}' is not true"]
    return [_say(source, part, scope) for part in wrong]


def _say(source: str, part: Node, scope: Scope) -> str:
    looked_at = {source[place.start : place.end]: place for place in _places(part)}
    values = [f"{path} is {_shown(path, scope)}" for path in looked_at if not path.endswith("()")]
    told = f"'{source[part.start : part.end]}' is not true"
    return f"{told}: {', '.join(values)}" if values else told


def _conjuncts(node: Node) -> Iterator[Node]:
    if isinstance(node, Operation) and node.operator == "&&":
        for operand in node.operands:
            yield from _conjuncts(operand)
    else:
        yield node


def _places(node: Node) -> Iterator[Node]:
    """The values that an expression looks at: the longest paths that begin at one of the names."""
    if isinstance(node, Member | Index | Name) and _root(node) in NAMES:
        yield node
        return
    for part in node.parts():
        yield from _places(part)


def _root(node: Node) -> str:
    while isinstance(node, Member | Index):
        node = node.of
    return node.name if isinstance(node, Name) else ""


def _shown(path: str, scope: Scope) -> str:
    found = value(path, scope)
    return "missing" if found is None else repr(found) if isinstance(found, str) else str(found)
