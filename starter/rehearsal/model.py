"""A rehearsal as people write it: the journey, the customer, what happens, and what must come of it."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, model_validator

import yamlfile
from journeys.events import Outcome
from journeys.parts import Purpose
from journeys.times import ZoneName
from starter.rehearsal.calendar import Moment, StartTime

DEFAULT_START = "monday 14:00"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Allowed(_Part):
    """Consent to one channel for one purpose."""

    channel: str
    purpose: Purpose = "marketing"


def _channel_alone(value: object) -> object:
    return {"channel": value} if isinstance(value, str) else value


def _plain_dates(value: object) -> object:
    """Dates as text, as they come in over HTTP: YAML reads them as dates."""
    if isinstance(value, dict):
        return {key: _plain_dates(inner) for key, inner in cast(dict[object, object], value).items()}
    if isinstance(value, list):
        return [_plain_dates(inner) for inner in cast(list[object], value)]
    return value.isoformat() if isinstance(value, date) else value


Properties = Annotated[dict[str, Any], BeforeValidator(_plain_dates)]


class CustomerFacts(_Part):
    """What the shop knows of a customer. Addresses are by kind: `email`, `phone`, `push_token`."""

    traits: Properties = {}
    time_zone: ZoneName | None = None
    locale: str | None = None
    addresses: dict[str, str] = {}
    consents: list[Annotated[Allowed, BeforeValidator(_channel_alone)]] = []


class RehearsedCustomer(CustomerFacts):
    """The customer as they are at the start. Another `id` may be in another arm, or in the holdout."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] = "rehearsal"


class Happening(_Part):
    """Something that the customer does, that becomes of a message, or that a person decides."""

    at: Moment
    event: str | None = None
    properties: Properties = {}
    customer: CustomerFacts | None = None
    approve: str | None = None
    reject: str | None = None
    by: str = ""
    reason: str = ""
    delivered: str | None = None
    opened: str | None = None
    clicked: str | None = None
    replied: str | None = None
    failed: str | None = None
    bounced: str | None = None
    complained: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _properties_beside(cls, value: object) -> object:
        """Whatever stands beside an event is a property of it."""
        if not isinstance(value, dict):
            return value  # pyright: ignore[reportUnknownVariableType] pydantic tells what is no mapping
        given = cast(dict[str, object], value)
        if "event" not in given or "properties" in given:
            return given
        own = {key: given[key] for key in ("at", "event") if key in given}
        return own | {"properties": {key: inner for key, inner in given.items() if key not in own}}

    @model_validator(mode="after")
    def _one_thing(self) -> "Happening":
        kinds = ("event", "customer", "approve", "reject", *get_args(Outcome))
        if sum(getattr(self, kind) is not None for kind in kinds) != 1:
            raise ValueError(f"say one thing that happens: {', '.join(kinds)}")
        return self

    @property
    def outcome(self) -> tuple[Outcome, str] | None:
        """The outcome of a message and the step that sent it, if that is what happens."""
        outcomes: tuple[Outcome, ...] = get_args(Outcome)
        return next(((word, step) for word in outcomes if (step := getattr(self, word))), None)


Happenings = RootModel[list[Happening]]


class Entry(_Part):
    """One thing that came of it. In an expectation, a key that is left out may have any value."""

    at: str | None = None
    """`day 2 10:00`, on the customer's clock."""
    what: str
    step: str | None = None
    channel: str | None = None
    to: str | None = None
    says: str | None = None
    why: str | None = None

    def covers(self, other: "Entry") -> bool:
        """Whether the other has everything that this one names."""
        named = self.model_dump(exclude_none=True)
        return named.items() <= other.model_dump(exclude_none=True).items()


class Rehearsal(_Part):
    """A whole rehearsal. `journey` is a name in the project."""

    journey: str
    start: StartTime = DEFAULT_START
    customer: RehearsedCustomer
    events: list[Happening] = Field(default=[])
    expect: list[Entry] | None = None


def read_rehearsal(file: Path) -> Rehearsal:
    """Read a rehearsal. Raises yamlfile.FileProblems with every problem at its line."""
    return yamlfile.read_as(Rehearsal, file)


def kind_of_file(file: Path) -> Literal["journey", "rehearsal"]:
    """Which of the two a file is: only a journey has steps. Raises yamlfile.FileProblems."""
    root = yamlfile.read(file).root
    return "journey" if isinstance(root, dict) and "steps" in root else "rehearsal"
