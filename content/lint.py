"""What can be known to be wrong with a template before it meets a customer."""

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import nodes

from content.variables import KNOWN
from yamlfile import Problem, instead_of, nearest

_BUILT_IN = frozenset({"caller", "loop", "self", "super", "varargs", "kwargs"})


def problems(tree: nodes.Template, file: Path, layouts: list[str], also: frozenset[str]) -> list[Problem]:
    """Every layout, name and part of a name that does not exist. `also` may be used beside the known names."""
    known, made = {*KNOWN, *also}, _made(tree)
    return [
        *_wrong_layouts(tree, file, layouts),
        *_wrong_names(tree, file, known, made),
        *_wrong_parts(tree, file, made),
        *(
            Problem(file, node.lineno, 1, "escaping cannot be switched off")
            for node in tree.find_all(nodes.ScopedEvalContextModifier)
        ),
    ]


def names_used(tree: nodes.Template) -> frozenset[str]:
    """Every name a template uses, and its parts written as `brand.address`."""
    names = {node.name for node in tree.find_all(nodes.Name)}
    parts = {f"{_owner(node)}.{node.attr}" for node in tree.find_all(nodes.Getattr)}
    return frozenset(names | parts)


def shown_unasked(tree: nodes.Node, name: str) -> bool:
    """Whether a template shows a part of what may not be there without asking first, as with `{% if offer %}`."""
    if isinstance(node := tree, nodes.If | nodes.CondExpr) and _asks(node.test, name):
        rest = [*node.elif_, *node.else_] if isinstance(node, nodes.If) else [node.expr2]
        return any(inner is not None and shown_unasked(inner, name) for inner in rest)
    if isinstance(tree, nodes.Getattr) and _owner(tree) == name:
        return True
    return any(shown_unasked(inner, name) for inner in tree.iter_child_nodes())


def _asks(test: nodes.Node, name: str) -> bool:
    if isinstance(test, nodes.And):
        return _asks(test.left, name) or _asks(test.right, name)
    return isinstance(test, nodes.Name) and test.name == name


def _owner(node: nodes.Getattr) -> str:
    return node.node.name if isinstance(node.node, nodes.Name) else ""


def _made(tree: nodes.Template) -> set[str]:
    """The names a template makes itself."""
    made = {node.name for node in tree.find_all(nodes.Name) if node.ctx in ("store", "param")}
    made |= {macro.name for macro in tree.find_all(nodes.Macro)}
    made |= {node.target for node in tree.find_all(nodes.Import)}
    for node in tree.find_all(nodes.FromImport):
        made |= {name if isinstance(name, str) else name[1] for name in node.names}
    return made


def _wrong_layouts(tree: nodes.Template, file: Path, layouts: list[str]) -> Iterator[Problem]:
    for node in tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
        if not isinstance(node.template, nodes.Const):
            yield Problem(file, node.lineno, 1, "name the layout in plain quotes")
        elif (name := str(node.template.value)) not in layouts:
            yield Problem(file, node.lineno, 1, f"there is no layout '{name}'", nearest(name, layouts))


def _wrong_names(tree: nodes.Template, file: Path, known: set[str], made: set[str]) -> Iterator[Problem]:
    for node in tree.find_all(nodes.Name):
        if node.ctx == "load" and node.name not in known | made | _BUILT_IN:
            fix = instead_of(node.name, sorted(known))
            column = _column(file, node.lineno, node.name)
            yield Problem(file, node.lineno, column, f"unknown name '{node.name}'", fix)


def _wrong_parts(tree: nodes.Template, file: Path, made: set[str]) -> Iterator[Problem]:
    for node in tree.find_all(nodes.Getattr):
        owner = _owner(node)
        parts = None if owner in made else KNOWN.get(owner)
        if parts is not None and node.attr not in parts:
            fix = instead_of(node.attr, sorted(parts))
            column = _column(file, node.lineno, node.attr)
            yield Problem(file, node.lineno, column, f"'{owner}' has no '{node.attr}'", fix)


def _column(file: Path, line: int, word: str) -> int:
    """Jinja2 knows the line only; the column is where the word first stands in it."""
    lines = file.read_text(encoding="utf-8").splitlines()
    found = re.search(rf"\b{re.escape(word)}\b", lines[line - 1]) if line <= len(lines) else None
    return found.start() + 1 if found else 1
