"""What an expression means: whether its names exist, its values fit together, and it can be true at all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from journeys.checking.kinds import (
    ANY,
    BOOLEAN,
    BYTES,
    DOUBLE,
    DURATION,
    INTEGER,
    LIST,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
    TIMESTAMP,
    Kind,
)
from journeys.checking.syntax import Call, Collection, Index, Literal, Member, Name, Node, Operation, parse
from journeys.checking.truth import never_true
from journeys.conditions import value
from yamlfile import instead_of

Scope = Mapping[str, Kind]


@dataclass(frozen=True)
class Finding:
    """Something wrong in an expression, at an offset in its source."""

    at: int
    message: str
    fix: str = ""


_LITERALS = {
    "text": STRING,
    "bytes": BYTES,
    "integer": INTEGER,
    "double": DOUBLE,
    "boolean": BOOLEAN,
    "null": NULL,
}
FUNCTIONS = {
    **dict.fromkeys(("contains", "startsWith", "endsWith", "matches", "has"), BOOLEAN),
    **dict.fromkeys(("exists", "all", "exists_one", "existsOne"), BOOLEAN),
    **dict.fromkeys(("size", "int", "uint"), INTEGER),
    **dict.fromkeys(("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek"), INTEGER),
    **dict.fromkeys(("getDayOfYear", "getHours", "getMinutes", "getSeconds", "getMilliseconds"), INTEGER),
    "string": STRING,
    "double": DOUBLE,
    "bytes": BYTES,
    "timestamp": TIMESTAMP,
    "duration": DURATION,
    "map": LIST,
    "filter": LIST,
    "type": ANY,
    "dyn": ANY,
}
"""Every function there is, and what it gives."""
_OF_TEXT = ("startsWith", "endsWith", "matches", "contains")
_OF_TIME = tuple(name for name in FUNCTIONS if name.startswith("get"))
_ORDERED = ("string", "boolean", "timestamp", "duration", "bytes")


def judge(source: str, scope: Scope, wanted: tuple[Kind, ...] = ()) -> list[Finding]:
    """Everything wrong in an expression that compiles. `wanted` are the kinds it may give; none is any.

    One that must give true or false is also asked whether it ever gives true.
    """
    tree = parse(source)
    if tree is None:
        return []
    judgement = _Judgement(source)
    kind = judgement.kind(tree, scope)
    if wanted and not any(kind.meets(one) for one in wanted):
        judgement.tell(tree, f"{judgement.show(tree, kind)}, not {' or '.join(map(str, wanted))}")
    if not judgement.findings and BOOLEAN in wanted and len(wanted) == 1 and (reason := never_true(source, tree)):
        judgement.tell(reason.node, reason.message)
    return judgement.findings


class _Judgement:
    """Works out the kind of every part of one expression, and keeps what is wrong on the way."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.findings: list[Finding] = []
        self._by_type: dict[type[Node], Callable[..., Kind]] = {
            Name: self._name,
            Member: self._member,
            Index: self._index,
            Call: self._call,
            Operation: self._operation,
            Collection: self._collection,
        }

    def kind(self, node: Node, scope: Scope) -> Kind:
        """The kind of a part."""
        if isinstance(node, Literal):
            return _LITERALS[node.kind]
        return self._by_type[type(node)](node, scope)

    def tell(self, node: Node, message: str, fix: str = "") -> Kind:
        """Keep a finding. What is wrong is of any kind, so that one mistake is told once."""
        self.findings.append(Finding(node.at, message, fix))
        return ANY

    def show(self, node: Node, kind: Kind) -> str:
        return f"'{self.source[node.start : node.end]}' is {kind}"

    def _name(self, node: Name, scope: Scope) -> Kind:
        if node.name in scope:
            return scope[node.name]
        return self.tell(node, f"'{node.name}' cannot be used here", f"there are: {', '.join(scope)}")

    def _member(self, node: Member, scope: Scope) -> Kind:
        of = self.kind(node.of, scope)
        if of.name not in ("any", "object"):
            return self.tell(node, f"{self.show(node.of, of)}; it has no '{node.name}'")
        return self._field(node, node.of, of, node.name)

    def _field(self, node: Node, owner: Node, of: Kind, name: str) -> Kind:
        """The kind of a part of an object, whose name was written with a dot or in quotes."""
        if of.fields is None:
            return of.item or ANY
        if name not in of.fields and of.open:
            return ANY
        if name not in of.fields:
            fix = instead_of(name, of.fields)
            return self.tell(node, f"'{self._text(owner)}' has no '{name}'", fix)
        return of.fields[name]

    def _index(self, node: Index, scope: Scope) -> Kind:
        of, key = self.kind(node.of, scope), self.kind(node.key, scope)
        if of.name not in ("any", "object", "list"):
            return self.tell(node, f"{self.show(node.of, of)}; it has no items")
        if of.name == "list" and not key.meets(INTEGER):
            return self.tell(node.key, f"{self.show(node.key, key)}; items of a list have numbers")
        if of.name == "object" and isinstance(node.key, Literal) and node.key.kind == "text":
            return self._field(node.key, node.of, of, str(value(self._text(node.key), {})))
        return of.item or ANY

    def _collection(self, node: Collection, scope: Scope) -> Kind:
        kinds = [self.kind(item, scope) for item in node.items]
        if node.kind == "object":
            return OBJECT
        return Kind("list", item=kinds[0] if kinds and all(kind == kinds[0] for kind in kinds) else None)

    def _call(self, node: Call, scope: Scope) -> Kind:
        if node.name not in FUNCTIONS:
            fix = instead_of(node.name, sorted(FUNCTIONS))
            return self.tell(node, f"there is no function '{node.name}'", fix)
        if node.target is not None and (variable := node.bound()):
            return self._macro(node, node.target, variable, scope)
        for argument in node.arguments:
            self.kind(argument, scope)
        if node.target is not None:
            self._target(node.name, node.target, self.kind(node.target, scope))
        return FUNCTIONS[node.name]

    def _target(self, function: str, target: Node, kind: Kind) -> None:
        """What a function is called on must be of its kind."""
        if function in _OF_TIME and not kind.meets(TIMESTAMP) and not kind.meets(DURATION):
            self._no_time(target, kind)
        if function in _OF_TEXT and not kind.meets(STRING) and (function != "contains" or not kind.meets(LIST)):
            self.tell(target, f"{self.show(target, kind)}; '{function}' is for text")

    def _no_time(self, node: Node, kind: Kind) -> Kind:
        fix = f"write timestamp({self.source[node.start : node.end]})" if kind.is_time else ""
        return self.tell(node, f"{self.show(node, kind)}, not a timestamp", fix)

    def _macro(self, node: Call, target: Node, variable: str, scope: Scope) -> Kind:
        of = self.kind(target, scope)
        if of.name not in ("any", "list", "object"):
            return self.tell(node, f"{self.show(target, of)}; '{node.name}' is for lists")
        item = (of.item or ANY) if of.name == "list" else ANY if of.name == "any" else STRING
        inner = {**scope, variable: item}
        kinds = [self.kind(argument, inner) for argument in node.arguments[1:]]
        if node.name != "map" and kinds and not kinds[-1].meets(BOOLEAN):
            self.tell(node.arguments[-1], f"{self.show(node.arguments[-1], kinds[-1])}, not true or false")
        return of if node.name == "filter" and of.name == "list" else FUNCTIONS[node.name]

    def _operation(self, node: Operation, scope: Scope) -> Kind:
        kinds = [self.kind(operand, scope) for operand in node.operands]
        match node.operator:
            case "&&" | "||" | "!":
                return self._logic(node, kinds)
            case "?":
                self._logic(Operation(node.start, node.end, "?", node.operands[:1]), kinds[:1])
                return kinds[1] if kinds[1] == kinds[2] else ANY
            case "==" | "!=" | "<" | "<=" | ">" | ">=":
                return self._comparison(node, *kinds)
            case "in":
                return self._membership(node, *kinds)
            case "-" if len(kinds) == 1:
                return kinds[0] if kinds[0].is_number else ANY
            case _:
                return self._arithmetic(node, *kinds)

    def _logic(self, node: Operation, kinds: list[Kind]) -> Kind:
        for operand, kind in zip(node.operands, kinds, strict=True):
            if not kind.meets(BOOLEAN):
                self.tell(operand, f"{self.show(operand, kind)}, not true or false")
        return BOOLEAN

    def _comparison(self, node: Operation, left: Kind, right: Kind) -> Kind:
        first, second = node.operands
        if not left.meets(right):
            for operand, kind, other in ((first, left, right), (second, right, left)):
                if kind.is_time and other.name == "timestamp":
                    return self._no_time(operand, kind)
            return self.tell(node, f"{self.show(first, left)} and {self.show(second, right)}: they never compare")
        if node.operator in ("==", "!="):
            self._is_choice(first, right)
            self._is_choice(second, left)
        elif left.name not in ("any", *_ORDERED) and not left.is_number:
            return self.tell(first, f"{self.show(first, left)}; it is neither more nor less than another")
        return BOOLEAN

    def _membership(self, node: Operation, left: Kind, right: Kind) -> Kind:
        item, group = node.operands
        if right.name not in ("any", "list", "object"):
            return self.tell(group, f"{self.show(group, right)}; nothing is in it")
        if right.item and not left.meets(right.item):
            return self.tell(node, f"{self.show(item, left)}, and '{self._text(group)}' holds none of those")
        if isinstance(group, Collection):
            for one in group.items:
                self._is_choice(one, left)
        elif right.item:
            self._is_choice(item, right.item)
        return BOOLEAN

    def _is_choice(self, node: Node, kind: Kind) -> None:
        """A literal that stands beside something with declared values must be one of them."""
        if not kind.choices or not isinstance(node, Literal) or node.kind == "null":
            return
        given = value(self._text(node), {})
        if given not in kind.choices:
            names = [str(choice) for choice in kind.choices]
            fix = instead_of(str(given), names)
            self.tell(node, f"{self._text(node)} is not a value it can have", fix)

    def _arithmetic(self, node: Operation, left: Kind, right: Kind) -> Kind:
        names = (left.name, right.name)
        if "any" in names:
            return ANY
        if left.is_number and right.is_number:
            if set(names) == {"integer", "double"}:
                fix = "write 5.0 for 5, or double(...)"
                return self.tell(node, "a whole number and a decimal one do not add up", fix)
            return left if left == right else NUMBER
        if names in (("timestamp", "duration"), ("duration", "timestamp")):
            return TIMESTAMP
        if names == ("timestamp", "timestamp") and node.operator == "-":
            return DURATION
        if left.name == right.name and (left.name == "duration" or node.operator == "+") and left.name in _ADDED:
            return left
        for operand, kind in zip(node.operands, (left, right), strict=True):
            if kind.is_time:
                return self._no_time(operand, kind)
        first, second = node.operands
        shown = f"{self.show(first, left)} and {self.show(second, right)}"
        return self.tell(node, f"{shown}: '{node.operator}' does not go with them")

    def _text(self, node: Node) -> str:
        return self.source[node.start : node.end]


_ADDED = ("string", "bytes", "list", "duration")
