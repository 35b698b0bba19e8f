"""Money as people write it: `500 EUR`, and limits in several currencies: `[500 EUR, 400 GBP]`.

An amount counts only against a limit in its own currency. Nothing here knows what one is worth in another.
"""

import re
from collections.abc import Mapping
from typing import Annotated, NamedTuple, cast

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_CENT_PARTS = 6
"""Digits after the point that money has: sums of binary fractions are not exact."""
_MONEY = re.compile(r"^(\d+(?:\.\d+)?) ([A-Z]{3})$")
_SCHEMA = {"type": "string", "pattern": _MONEY.pattern, "examples": ["500 EUR"]}


class Money(NamedTuple):
    """An amount of at least 0, and its currency as ISO 4217 has it. What costs nothing has no currency."""

    amount: float = 0.0
    currency: str = ""

    def __str__(self) -> str:
        return f"{say_amount(self.amount)} {self.currency}".rstrip()


def parse_money(text: object) -> Money:
    """Read `500 EUR`. Raises ValueError."""
    if isinstance(text, Money):
        return text
    found = _MONEY.fullmatch(" ".join(text.split())) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"{text!r} is no amount with its currency; write it as in 500 EUR or 0.08 USD")
    return Money(float(found[1]), found[2])


def parse_limits(written: object) -> dict[str, float]:
    """Read one limit, or a list of them in currencies that differ, as amounts by currency. In Python they are
    written so themselves: `{"EUR": 500}`. Raises ValueError."""
    if isinstance(written, Mapping):
        written = [str(Money(amount, currency)) for currency, amount in cast(dict[str, float], written).items()]
    each = cast(list[object], written) if isinstance(written, list | tuple) else [written]
    limits = [parse_money(one) for one in each]
    by_currency = {currency: amount for amount, currency in limits}
    if len(by_currency) < len(limits):
        raise ValueError("a limit stands here twice in the same currency")
    return by_currency


def parse_threshold(written: object) -> float | dict[str, float]:
    """Read a plain number, or limits of money. Raises ValueError."""
    if isinstance(written, int | float) and not isinstance(written, bool):
        return float(written)
    return parse_limits(written)


def check_costs(limits: Mapping[str, float], costs: Mapping[str, Money]) -> None:
    """Raises ValueError where something costs money of a currency in which no limit is said."""
    for name, cost in costs.items():
        if limits and cost.currency not in limits:
            raise ValueError(f"'{name}' costs {cost}, and no limit is said in {cost.currency}: add one to 'money'")


def say_limits(limits: Mapping[str, float], between: str = " and ") -> str:
    """Some limits in words: `500 EUR and 400 GBP`."""
    return between.join(str(Money(amount, currency)) for currency, amount in limits.items())


def say_amount(amount: float) -> str:
    """An amount with as many digits as it has: `40`, `0.5`, `12345.67`."""
    return f"{round_money(amount):.{_CENT_PARTS}f}".rstrip("0").rstrip(".")


def round_money(amount: float) -> float:
    """A sum of money without what a machine makes of its fractions."""
    return round(amount, _CENT_PARTS)


def _write_limits(limits: Mapping[str, float]) -> str | list[str]:
    written = [str(Money(amount, currency)) for currency, amount in limits.items()]
    return written[0] if len(written) == 1 else written


def _write_threshold(threshold: float | Mapping[str, float]) -> float | str | list[str]:
    return _write_limits(threshold) if isinstance(threshold, Mapping) else threshold


Price = Annotated[
    Money,
    BeforeValidator(parse_money),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(_SCHEMA),
]
"""What one thing costs."""
Limits = Annotated[
    dict[str, float],
    BeforeValidator(parse_limits),
    PlainSerializer(_write_limits, return_type=str | list[str]),
    WithJsonSchema({"anyOf": [_SCHEMA, {"type": "array", "items": _SCHEMA, "minItems": 1}]}),
]
"""By currency: how much. A currency that is not named has no limit stated."""
Threshold = Annotated[
    float | dict[str, float],
    BeforeValidator(parse_threshold),
    PlainSerializer(_write_threshold, return_type=float | str | list[str]),
    WithJsonSchema({"anyOf": [{"type": "number"}, _SCHEMA, {"type": "array", "items": _SCHEMA, "minItems": 1}]}),
]
"""From where on something counts: a plain number, or money as `Limits` are."""
