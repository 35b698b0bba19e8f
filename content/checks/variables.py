"""What a template asks of its customer or event that may not be there: then no message can be made for them."""

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

from content.checks.subject import Subject
from content.templates import LAYOUTS
from content.variant import fragments
from yamlfile import Problem, nearest


def check(subject: Subject) -> Iterator[Problem]:
    """Attributes of the customer that are shown without asking whether they are there, and names that
    `events.yaml` does not declare, if it says what there is."""
    folder = subject.variant.file.parents[1] / LAYOUTS
    for part in fragments(subject.variant.fields):
        yield from _in_source(subject, part.file, part.line, part.source)
        for name, text in part.layouts.items():
            yield from _in_source(subject, folder / name, 1, text)


def _in_source(subject: Subject, file: Path, line: int, source: str) -> Iterator[Problem]:
    tree = Environment(autoescape=True).parse("\n" * (line - 1) + source)
    for node in _unguarded(tree, frozenset()):
        fix = f"{{% if customer.{node.attr} is defined %}}, or {{{{ customer.{node.attr} | default('...') }}}}"
        yield _at(file, node, f"not every customer has '{node.attr}'", fix)
    for owner, known in (("customer", _attributes(subject)), ("event", _properties(subject))):
        for node in tree.find_all(nodes.Getattr):
            if known is not None and _owner(node) == owner and node.attr not in known:
                message = f"events.yaml does not say that {_A[owner]} has '{node.attr}'"
                yield _at(file, node, message, nearest(node.attr, sorted(known)))


_A = {"customer": "a customer", "event": "any event"}


def _attributes(subject: Subject) -> set[str] | None:
    return None if subject.shapes.customer is None else set(subject.shapes.customer)


def _properties(subject: Subject) -> set[str] | None:
    events = subject.shapes.events
    return None if events is None else {name for properties in events.values() for name in properties}


def _unguarded(node: nodes.Node, there: frozenset[str]) -> Iterator[nodes.Getattr]:
    """The attributes of the customer in a template that it shows without knowing them to be there."""
    if isinstance(node, nodes.If | nodes.CondExpr):
        yield from _unguarded(node.test, there)
        found, then = there | _asked_for(node.test), node.body if isinstance(node, nodes.If) else [node.expr1]
        for inner in then:
            yield from _unguarded(inner, found)
        rest = [*node.elif_, *node.else_] if isinstance(node, nodes.If) else [node.expr2]
        for inner in rest:
            if inner is not None:
                yield from _unguarded(inner, there)
    elif isinstance(node, nodes.And):
        yield from _unguarded(node.left, there)
        yield from _unguarded(node.right, there | _asked_for(node.left))
    elif isinstance(node, nodes.Test | nodes.Filter) and node.name in ("defined", "undefined", "default", "d"):
        return
    elif isinstance(node, nodes.Getattr) and _owner(node) == "customer":
        if node.attr not in there:
            yield node
    else:
        for inner in node.iter_child_nodes():
            yield from _unguarded(inner, there)


def _asked_for(test: nodes.Node) -> frozenset[str]:
    """The attributes that a condition, when it holds, has found to be there."""
    if isinstance(test, nodes.And):
        return _asked_for(test.left) | _asked_for(test.right)
    if isinstance(test, nodes.Test) and test.name == "defined" and isinstance(test.node, nodes.Getattr):
        return frozenset({test.node.attr}) if _owner(test.node) == "customer" else frozenset()
    return frozenset()


def _owner(node: nodes.Getattr) -> str:
    return node.node.name if isinstance(node.node, nodes.Name) else ""


def _at(file: Path, node: nodes.Getattr, message: str, fix: str) -> Problem:
    """Jinja2 knows the line only; the column is where the name first stands in it, or in the lines below."""
    lines = file.read_text(encoding="utf-8").splitlines()
    for number in range(node.lineno, len(lines) + 1):
        if found := re.search(rf"\b{re.escape(node.attr)}\b", lines[number - 1]):
            return Problem(file, number, found.start() + 1, message, fix)
    return Problem(file, node.lineno, 1, message, fix)
