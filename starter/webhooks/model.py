"""What every vendor that calls us is: how its calls are proved, and what they say."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal, TypeVar
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import to_json

Told = Literal[
    "accepted", "delivered", "deferred", "bounced", "failed", "complained", "opened", "clicked", "replied",
    "unsubscribed", "resubscribed", "moved",
]  # fmt: skip
"""What a vendor can tell of a message, or of whoever it was for. `accepted` says that the vendor has it, `moved`
that they are reached elsewhere now."""
ABOUT_PEOPLE: frozenset[Told] = frozenset({"replied", "unsubscribed", "resubscribed", "moved"})
"""What means something even when no message is known that it is about."""


_SHORTEST = 8


def several(given: object) -> object:
    """One value written where a list may stand."""
    return (given,) if isinstance(given, str) else given


def _hard_to_guess(given: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if not given or any(len(secret.get_secret_value()) < _SHORTEST for secret in given):
        raise ValueError(f"a secret has at least {_SHORTEST} characters")
    return given


Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(several), AfterValidator(_hard_to_guess)]
"""One secret or, while it is being changed, the old and the new one."""

Shape = TypeVar("Shape", bound=BaseModel)


class Unwelcome(Exception):
    """A call that nothing is taken from.

    Unwelcome
    +-- Forged       it is not proved to be the vendor's
    +-- Stale        it is the vendor's, but too old: perhaps a replay
    +-- Unreadable   it is the vendor's, but is not what the vendor's documentation says
    +-- Again        it is the vendor's, and cannot be acted on now; it has to come again
    """


class Forged(Unwelcome):
    """A signature or a password is missing or wrong."""


class Stale(Unwelcome):
    """The signed time is too far from now."""


class Unreadable(Unwelcome):
    """The call was proved but makes no sense. The vendor would send the same again, so it is not asked to."""


class Again(Unwelcome):
    """What the call asks for could not be done now."""


@dataclass(frozen=True, slots=True)
class Call:
    """A vendor's request as it came. `url` is the public one, which some vendors sign; times are UTC."""

    url: str
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes
    received_at: datetime

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    def header(self, name: str) -> str:
        """A header, or empty."""
        return self.headers.get(name, "")


class Report(BaseModel):
    """One thing that a vendor tells. Which message it is about stands in one of two ids, or only `address`
    says whom it is about."""

    model_config = ConfigDict(frozen=True)

    id: str
    """The vendor's id for this report, or one made of what identifies it: the same however often it is told."""
    told: Told
    at: datetime
    """When it happened, by the vendor's clock, in UTC."""
    delivery_id: str = ""
    """Our own id, where the vendor echoes it."""
    provider_id: str = ""
    """The vendor's id for the message."""
    address: str = ""
    """Whom it is about: a mail address, or a phone number in E.164."""
    user_id: str = ""
    """WhatsApp's own id for them, which comes beside the number or in its place."""
    moved_to: str = ""
    """With `moved`: the number in E.164 that took the place of `address`."""
    moved_to_id: str = ""
    """With `moved`: the id that took the place of `user_id`."""
    details: dict[str, Any] = Field(default_factory=dict)
    """What else journeys may ask about: `bounce`, `code`, `url`, `text`, `button`, `machine`..."""
    dead: bool = False
    """Whether `address` is never to be used again."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something in a call that we do not know: it is counted and left alone. What should be known and cannot be
    read has its text in `raw`, and is kept for a person to look at."""

    kind: str
    raw: str = ""


class Vendor(BaseModel, ABC):
    """One vendor that calls. Its fields are its settings under `webhooks` in `sojourn.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vendor: ClassVar[str]
    """Its name in `sojourn.yaml` and in the address it calls."""
    channel: ClassVar[str]
    """The channel whose messages it tells of."""
    answer: ClassVar[tuple[str, str]] = ("", "text/plain")
    """The body and the content type that it wants to hear."""

    @abstractmethod
    async def verify(self, call: Call) -> None:
        """Prove that the vendor made this call, over its very bytes. Raises Forged or Stale."""

    @abstractmethod
    def read(self, call: Call) -> Sequence[Report | Unknown]:
        """What a proved call says. Raises Unreadable."""

    async def settle(self, call: Call) -> None:
        """Do what a proved call asks for beside being read. Most ask for nothing. Raises Forged or Again."""
        return

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """The answer to a GET by which the vendor checks the address, or None. Most never ask."""
        return None


def read_as(shape: type[Shape], body: bytes | str) -> Shape:
    """JSON in the shape that the vendor documents; what else it has is ignored. Raises Unreadable."""
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        raise Unreadable(_first(error)) from error


def read_item(shape: type[Shape], item: object, kind: str) -> Shape | Unknown:
    """One item of a batch: what is wrong with it must not cost the others."""
    try:
        return shape.model_validate(item)
    except ValidationError as error:
        return Unknown(f"{kind}: {_first(error)}"[:60], raw=to_json(item, serialize_unknown=True).decode())


def _first(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "the body"
    return f"{place}: {first['msg']}"


def moment(seconds: float) -> datetime:
    """A time in seconds since 1970. Raises Unreadable for one that no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Unreadable("a time is none") from error
