"""Segment's items: what a tracking call carries, checked, and made into an event on its way in.

The shapes are those of Segment's specification, as its clients and RudderStack's really send them.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from journeys.events import JOURNEY_REQUESTED, TOLD_BY_US
from journeys.ids import event_traceparent
from journeys.requests import ASKED_BY
from starter.ingestion.incoming import Incoming, Who
from starter.ingestion.other_ids import read_other_ids
from starter.ingestion.profile import read_profile
from starter.ingestion.visits import read_visit

Kind = Literal["track", "identify", "page", "screen", "group", "alias"]
KINDS: tuple[Kind, ...] = ("track", "identify", "page", "screen", "group", "alias")

IDENTIFIED = "Customer Identified"
"""The event that tells traits of a customer."""
NAMES: dict[Kind, str] = {
    "identify": IDENTIFIED,
    "page": "Page Viewed",
    "screen": "Screen Viewed",
    "group": "Group Joined",
    "alias": "Customer Aliased",
}
"""The names of the events that calls other than `track` become."""

LARGEST = 32 * 1024
"""Bytes that an item may have, as JSON."""
_DEEPEST = 32
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class Malformed(Exception):
    """An item that is no event. `field` is where, in Segment's own names, and `reason` what is wrong there."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}" if field else reason)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a request says about all its items. Times are in UTC."""

    received_at: datetime
    sent_at: datetime | None = None
    """The sender's clock when it sent: with it, a clock that is wrong does no harm."""
    context: Mapping[str, Any] | None = None
    traceparent: str = ""

    def within(self, context: Mapping[str, Any]) -> "Envelope":
        """The same for a batch whose items share a context."""
        return replace(self, context=context)


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _without_control(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("must not contain control characters")
    return text


def _utc(moment: datetime) -> datetime:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not 1970 <= aware.year <= 2200:
        raise ValueError("must be between the years 1970 and 2200")
    return aware.astimezone(UTC)


def _shallow(value: dict[str, Any]) -> dict[str, Any]:
    """What is nested too deep cannot travel on to Temporal."""
    level: list[Any] = [value]
    for _ in range(_DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return value
    raise ValueError(f"must not be nested deeper than {_DEEPEST} levels")


def _inside(value: object) -> list[Any]:
    children = (
        cast(dict[str, Any], value).values()
        if isinstance(value, dict)
        else cast(list[Any], value)
        if isinstance(value, list)
        else ()
    )
    return [child for child in children if isinstance(child, dict | list)]


Word = Annotated[str, Field(max_length=255), BeforeValidator(_number_as_text), AfterValidator(_without_control)]
Time = Annotated[datetime, AfterValidator(_utc)]
Facts = Annotated[dict[str, Any], AfterValidator(_shallow)]


class Item(BaseModel):
    """One tracking call. What it carries beyond these fields has no meaning here."""

    model_config = ConfigDict(frozen=True)

    type: Kind
    messageId: Word | None = None  # noqa: N815 Segment's own names, so that errors name the sender's fields
    userId: Word | None = None  # noqa: N815 as Segment spells it
    anonymousId: Word | None = None  # noqa: N815 as Segment spells it
    previousId: Word | None = None  # noqa: N815 as Segment spells it
    groupId: Word | None = None  # noqa: N815 as Segment spells it
    event: Word | None = None
    name: Word | None = None
    category: Word | None = None
    properties: Facts | None = None
    traits: Facts | None = None
    context: Facts | None = None
    timestamp: Time | None = None
    originalTimestamp: Time | None = None  # noqa: N815 as Segment spells it


def read_item(raw: object, envelope: Envelope) -> Incoming:
    """The event in one item. Raises Malformed."""
    _check_size(raw)
    try:
        item = Item.model_validate(raw)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        raise Malformed(
            ".".join(map(str, problem["loc"])), problem["msg"].removeprefix("Value error, ")
        ) from error
    if not item.userId and not item.anonymousId:
        raise Malformed("userId", "an item needs a userId or an anonymousId")
    if item.type == "track" and not item.event:
        raise Malformed("event", "a track call needs the name of its event")
    if item.event in TOLD_BY_US:
        raise Malformed("event", f"'{item.event}' is told by Sojourn alone")
    if ASKED_BY in (item.properties or {}) and item.event == JOURNEY_REQUESTED:
        raise Malformed(f"properties.{ASKED_BY}", "only runs ask in the name of a run")
    return _incoming(item, envelope)


def _check_size(raw: object) -> None:
    size = len(to_json(raw))
    if size > LARGEST:
        raise Malformed("", f"an item may have at most {LARGEST // 1024} KB, this one has {size // 1024}")


def _incoming(item: Item, envelope: Envelope) -> Incoming:
    name = NAMES.get(item.type) or cast(str, item.event)
    context = {**(envelope.context or {}), **(item.context or {})}
    traits = _traits(item, context)
    properties = _properties(item, traits)
    event_id = item.messageId or f"auto_{secrets.token_hex(16)}"
    return Incoming(
        id=event_id,
        name=name,
        who=_who(item, traits, context),
        at=happened_at(item.originalTimestamp or item.timestamp, envelope),
        properties=properties,
        profile=read_profile(name, properties, traits, context),
        traceparent=envelope.traceparent or event_traceparent(event_id),
        visit=read_visit(item.type, properties, context),
    )


def _who(item: Item, traits: Mapping[str, Any], context: Mapping[str, Any]) -> Who:
    return Who(
        user_id=item.userId or "",
        anonymous_id=item.anonymousId or "",
        previous_id=(item.previousId or "") if item.type == "alias" else "",
        others=read_other_ids(traits, context),
    )


def _traits(item: Item, context: Mapping[str, Any]) -> dict[str, Any]:
    """RudderStack puts the traits of an identify into its context."""
    if item.type != "identify":
        return {}
    in_context = context.get("traits")
    shared = cast(dict[str, Any], in_context) if isinstance(in_context, dict) else {}
    return {**shared, **(item.traits or {})}


def _properties(item: Item, traits: dict[str, Any]) -> dict[str, Any]:
    match item.type:
        case "track":
            return item.properties or {}
        case "identify":
            return traits
        case "page" | "screen":
            named = {"name": item.name, "category": item.category}
            return {**(item.properties or {}), **{key: value for key, value in named.items() if value}}
        case "group":
            return {**(item.traits or {}), "group_id": item.groupId}
        case "alias":
            return {"previous_id": item.previousId}


def happened_at(stated: datetime | None, envelope: Envelope) -> datetime:
    """When an event happened, by our clock: Segment's rule takes the sender's clock error out."""
    if stated is None:
        return envelope.received_at
    if envelope.sent_at is None:
        return stated
    return envelope.received_at - (envelope.sent_at - stated)


_TIME: TypeAdapter[datetime] = TypeAdapter(Time)
_FACTS: TypeAdapter[dict[str, Any] | None] = TypeAdapter(Facts | None)


def read_facts(field: str, value: object) -> dict[str, Any]:
    """An object of a request outside its items, such as the context that a batch shares. Raises Malformed."""
    try:
        return _FACTS.validate_python(value) or {}
    except ValidationError as error:
        raise Malformed(field, error.errors()[0]["msg"].removeprefix("Value error, ")) from error


def read_sent_at(value: object) -> datetime | None:
    """The sender's clock, or None when it is missing or makes no sense."""
    try:
        return _TIME.validate_python(value)
    except ValidationError:
        return None


def read_traceparent(header: str | None) -> str:
    """A W3C traceparent header, or empty when it is missing or not one."""
    return header if header and _TRACEPARENT.fullmatch(header) else ""
