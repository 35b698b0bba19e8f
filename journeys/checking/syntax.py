"""Expressions as trees. The CEL library compiles and runs them but does not show how they are built.

Only what compiles is read here, so this parser need not refuse anything; what it cannot read gives None.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

MACROS = ("exists", "all", "map", "filter", "exists_one")


@dataclass(frozen=True)
class Node:
    """A part of an expression: from `start` to before `end` in its source. `at` is where to point."""

    start: int
    end: int

    @property
    def at(self) -> int:
        return self.start

    def parts(self) -> "tuple[Node, ...]":
        return ()


@dataclass(frozen=True)
class Literal(Node):
    kind: str
    """`text`, `bytes`, `integer`, `double`, `boolean` or `null`."""


@dataclass(frozen=True)
class Name(Node):
    name: str


@dataclass(frozen=True)
class Member(Node):
    """`of.name`."""

    of: Node
    name: str
    name_at: int

    @property
    def at(self) -> int:
        return self.name_at

    def parts(self) -> tuple[Node, ...]:
        return (self.of,)


@dataclass(frozen=True)
class Index(Node):
    of: Node
    key: Node

    def parts(self) -> tuple[Node, ...]:
        return (self.of, self.key)


@dataclass(frozen=True)
class Call(Node):
    """`name(arguments)`, or `target.name(arguments)`."""

    name: str
    name_at: int
    target: Node | None
    arguments: tuple[Node, ...]

    @property
    def at(self) -> int:
        return self.name_at

    def parts(self) -> tuple[Node, ...]:
        return (self.target, *self.arguments) if self.target else self.arguments

    def bound(self) -> str | None:
        """The variable that a macro such as `.exists(p, ...)` names."""
        first = self.arguments[0] if self.arguments else None
        return first.name if self.target and self.name in MACROS and isinstance(first, Name) else None


@dataclass(frozen=True)
class Operation(Node):
    """An operator with its operands: `!a`, `-a`, `a && b`, `a ? b : c`."""

    operator: str
    operands: tuple[Node, ...]

    def parts(self) -> tuple[Node, ...]:
        return self.operands


@dataclass(frozen=True)
class Collection(Node):
    """A list, or the keys and values of a map in turn."""

    kind: str
    items: tuple[Node, ...]

    def parts(self) -> tuple[Node, ...]:
        return self.items


@lru_cache(maxsize=1024)
def parse(source: str) -> Node | None:
    """The tree of an expression that compiles, or None when it says something this parser does not know."""
    try:
        parser = _Parser(source)
        tree = parser.ternary()
        return tree if parser.kind == "end" else None
    except (_Unknown, RecursionError):
        return None


def walk(node: Node) -> Iterator[Node]:
    """A node and all its parts, outer before inner."""
    yield node
    for part in node.parts():
        yield from walk(part)


class _Unknown(Exception):
    """Something that this parser cannot read."""


_STRING = r"'''.*?'''|\"\"\".*?\"\"\"|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\""
_TOKEN = re.compile(
    rf"(?P<space>(?:\s|//[^\n]*)+)|(?P<bytes>[rR]?[bB][rR]?(?:{_STRING}))|(?P<text>[rR]?(?:{_STRING}))"
    r"|(?P<double>\d*\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)|(?P<integer>0x[0-9a-fA-F]+[uU]?|\d+[uU]?)"
    r"|(?P<name>[A-Za-z_]\w*)|(?P<mark>&&|\|\||[=!<>]=|[-+*/%!<>?:.,()\[\]{}])",
    re.DOTALL,
)
_LEVELS = (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))


class _Parser:
    """Recursive descent, one method a level of the grammar. Stands at one token at a time."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._end_before = self._next_at = 0
        self.advance()

    def advance(self) -> str:
        """Go to the next token, over spaces and comments; gives the text of the one that was left."""
        left = getattr(self, "text", "")
        self._end_before = self._next_at
        while True:
            self.at = self._next_at
            match = _TOKEN.match(self._source, self.at)
            if match is None:
                if self.at < len(self._source):
                    raise _Unknown
                self.kind, self.text = "end", ""
                return left
            self._next_at = match.end()
            if match.lastgroup != "space":
                self.kind, self.text = str(match.lastgroup), match.group()
                return left

    def take(self, *texts: str) -> bool:
        """Go on if a token is one of these marks."""
        found = self.text in texts and self.kind in ("mark", "name")
        if found:
            self.advance()
        return found

    def need(self, text: str) -> None:
        if not self.take(text):
            raise _Unknown

    def ternary(self) -> Node:
        condition = self.binary(0)
        if not self.take("?"):
            return condition
        yes = self.binary(0)
        self.need(":")
        no = self.ternary()
        return Operation(condition.start, no.end, "?", (condition, yes, no))

    def binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.text in _LEVELS[level] and self.kind in ("mark", "name"):
            operator = self.advance()
            right = self.binary(level + 1)
            left = Operation(left.start, right.end, operator, (left, right))
        return left

    def unary(self) -> Node:
        start = self.at
        if self.kind == "mark" and self.text in ("!", "-"):
            operator = self.advance()
            operand = self.unary()
            return Operation(start, operand.end, operator, (operand,))
        return self.member(self.primary())

    def member(self, node: Node) -> Node:
        while True:
            if self.take("."):
                at, name = self.at, self.name()
                if self.take("("):
                    arguments = self.items(")")
                    node = Call(node.start, self._end_before, name, at, node, arguments)
                else:
                    node = Member(node.start, self._end_before, node, name, at)
            elif self.take("["):
                key = self.ternary()
                self.need("]")
                node = Index(node.start, self._end_before, node, key)
            else:
                return node

    def primary(self) -> Node:
        start, kind = self.at, self.kind
        if self.take("("):
            inner = self.ternary()
            self.need(")")
            return replace(inner, start=start, end=self._end_before)
        if self.take("["):
            items = self.items("]")
            return Collection(start, self._end_before, "list", items)
        if self.take("{"):
            items = self.items("}")
            return Collection(start, self._end_before, "object", items)
        if kind == "name":
            return self.named(start)
        if kind in ("text", "bytes", "integer", "double"):
            self.advance()
            return Literal(start, self._end_before, kind)
        raise _Unknown

    def named(self, start: int) -> Node:
        name = self.name()
        if name in ("true", "false", "null"):
            return Literal(start, self._end_before, "null" if name == "null" else "boolean")
        if self.take("("):
            arguments = self.items(")")
            return Call(start, self._end_before, name, start, None, arguments)
        return Name(start, self._end_before, name)

    def name(self) -> str:
        if self.kind != "name":
            raise _Unknown
        return self.advance()

    def items(self, close: str) -> tuple[Node, ...]:
        """Expressions up to a closing mark, parted by commas, or by colons in a map."""
        found: list[Node] = []
        while not self.take(close):
            found.append(self.ternary())
            if not self.take(",", ":") and self.text != close:
                raise _Unknown
        return tuple(found)
