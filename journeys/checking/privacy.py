"""What tells who a customer is has no place in a key: workflow ids show in the clear."""

import re
from collections.abc import Callable, Iterator

from journeys.checking.kinds import Kind
from journeys.checking.meaning import Finding
from journeys.checking.syntax import Member, parse, walk

_TELLING_WORDS = re.compile(
    r"e?mail|phone|mobile|msisdn|address|street|birth(day|date)?|ssn|iban|passport|surname|forename"
)
_NAMES = ("first_name", "last_name", "full_name", "firstname", "lastname", "fullname")
_ONLY_ABOUT = ("id", "hash", "verified")


def telling(source: str, known: Callable[[Member], Kind | None]) -> Iterator[Finding]:
    """The attributes in an expression that tell who the customer is. `known` says what is declared of one."""
    tree = parse(source)
    for part in walk(tree) if tree else ():
        if isinstance(part, Member) and _tells(source[part.start : part.end], part.name, known(part)):
            message = f"'{source[part.start : part.end]}' tells who the customer is"
            yield Finding(part.at, message, "take an id instead")


def _tells(path: str, name: str, kind: Kind | None) -> bool:
    """Whether an attribute is declared as personal or, where nothing is declared, sounds like it."""
    if kind is not None and kind.pii is not None:
        return kind.pii
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_")
    if "_".join(words) in _NAMES or path == "customer.name":
        return True
    return words[-1] not in _ONLY_ABOUT and any(map(_TELLING_WORDS.fullmatch, words))
