"""What an approver may change beside a message's words, where the step says so: the discount of an offer, and what
a business action is given.

A number can be lowered and never raised: nobody approves more than was asked for.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import to_jsonable_python

from content.editing import EditRefused
from journeys.parts import Offer
from journeys.steps import DISCOUNT
from workflows.ports import ActRequest


def offered(offer: Offer | None, edits: Mapping[str, str]) -> Offer | None:
    """An offer with the discount, in per cent, that a person lowered it to. Raises EditRefused."""
    if offer is None or DISCOUNT not in edits:
        return offer
    discount = _number(DISCOUNT, edits[DISCOUNT].strip().removesuffix("%"))
    if not discount > 0:
        raise EditRefused(f"{DISCOUNT}: leave something of the offer, or reject it.")
    _not_raised(DISCOUNT, offer.discount, discount)
    return offer.model_copy(update={"discount": discount})


def written_offer(offer: Offer | None, allowed: tuple[str, ...]) -> dict[str, str]:
    """The discount of an offer as a field to edit; none where the step does not allow it."""
    return {DISCOUNT: f"{offer.discount:g}"} if offer and DISCOUNT in allowed else {}


def amended(arguments: type[BaseModel], given: Mapping[str, Any], edits: Mapping[str, str]) -> dict[str, Any]:
    """What an action is given once a person changed some of it. Raises EditRefused for what it cannot take, and
    for a number that was raised."""
    try:
        read = arguments.model_validate({**given, **edits})
    except ValidationError as error:
        wrong = error.errors()[0]
        raise EditRefused(f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}.") from error
    changed = {name: to_jsonable_python(getattr(read, name)) for name in edits}
    for name, value in changed.items():
        _not_raised(name, given[name], value)
    return {**given, **changed}


def written_given(given: Mapping[str, Any], allowed: tuple[str, ...]) -> dict[str, str]:
    """What of an action may be edited, by the name under which it is given."""
    return {name: _written(given[name]) for name in allowed if name in given}


def as_agreed(request: ActRequest, arguments: type[BaseModel]) -> ActRequest:
    """An action as a person agreed to it: with what they made of it, as long as it fits."""
    if request.grant is None or not request.grant.edits:
        return request
    try:
        given = amended(arguments, request.given, request.grant.edits)
    except EditRefused:
        return request
    return request.model_copy(update={"given": given})


def _not_raised(name: str, before: object, after: object) -> None:
    if isinstance(before, int | float) and isinstance(after, int | float) and after > before:
        raise EditRefused(f"{name}: it can be lowered from {before:g}, and not raised; who wants more asks anew.")


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise EditRefused(f"{name}: '{text}' is no number.") from error


def _written(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
