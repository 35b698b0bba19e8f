"""What sort of value a part of an expression is, as far as that can be known before a run."""

from collections.abc import Mapping
from dataclasses import dataclass

from journeys.events import JOURNEY_REQUESTED, OPT_OUT, OUTCOMES, SEGMENT_ENTERED, SEGMENT_LEFT, TOLD_BY_US
from journeys.shapes import Shape, Shapes

_NUMBERS = ("integer", "double", "number")
_PLURAL_WORDS = {"boolean": "true or false", "any": "anything", "double": "a decimal number", "null": "nothing"}


@dataclass(frozen=True)
class Kind:
    """A sort of value. `fields` is None where it may have any; `number` is a whole number or a decimal one."""

    name: str
    fields: "Mapping[str, Kind] | None" = None
    item: "Kind | None" = None
    choices: tuple[str | int | float | bool, ...] = ()
    is_time: bool = False
    """A string that is a time in ISO 8601, as JSON has them."""
    pii: bool | None = None
    open: bool = False
    """Whether an object may have more than its `fields`."""

    def meets(self, other: "Kind") -> bool:
        """Whether a value of this kind and one of the other can be the same, or be compared."""
        if "any" in (self.name, other.name) or "null" in (self.name, other.name):
            return True
        return self.name == other.name or (self.is_number and other.is_number)

    @property
    def is_number(self) -> bool:
        return self.name in _NUMBERS

    def __str__(self) -> str:
        if self.is_time:
            return "a time as text"
        article = "an" if self.name[0] in "aeio" else "a"
        return _PLURAL_WORDS.get(self.name, f"{article} {self.name}")


ANY, STRING, BOOLEAN, INTEGER = Kind("any"), Kind("string"), Kind("boolean"), Kind("integer")
DOUBLE, NUMBER, NULL, BYTES = Kind("double"), Kind("number"), Kind("null"), Kind("bytes")
TIMESTAMP, DURATION, LIST, OBJECT = Kind("timestamp"), Kind("duration"), Kind("list"), Kind("object")

# JSON writes 42.0 as 42, so what is declared as a number may come as either.
_DECLARED = {"string": STRING, "number": NUMBER, "integer": INTEGER, "boolean": BOOLEAN, "timestamp": STRING}


def declared(shape: Shape) -> Kind:
    """The kind of values that have a declared shape."""
    fields = {name: declared(inner) for name, inner in shape.fields.items()} or None
    name = _DECLARED[shape.type].name if shape.type in _DECLARED else shape.type
    item = declared(shape.of) if shape.of else None
    return Kind(name, fields, item, shape.enum, shape.type == "timestamp", shape.pii)


def event_kind(shapes: Shapes, name: str | None) -> Kind:
    """What conditions see of an event. One that is not declared may have anything."""
    own = {"name": STRING, "id": STRING, "at": TIMESTAMP}
    if name in (SEGMENT_ENTERED, SEGMENT_LEFT):
        return Kind("object", {"segment": STRING, "because": STRING, **own})
    shape = (shapes.events or {}).get(name or "")
    if shape is None or name in OUTCOMES:
        return OBJECT
    return Kind("object", {**{key: declared(inner) for key, inner in shape.items()}, **own})


def send_kind() -> Kind:
    """What conditions see of a send of the run."""
    outcomes = dict.fromkeys(OUTCOMES.values(), BOOLEAN)
    return Kind("object", {"sent": BOOLEAN, "channel": STRING, **outcomes})


def known_events(shapes: Shapes) -> list[str] | None:
    """The names an event may have; None when none are declared."""
    own = (OPT_OUT, "Subscribed", JOURNEY_REQUESTED, *sorted(TOLD_BY_US))
    return None if shapes.events is None else [*shapes.events, *OUTCOMES, *own]
