"""An event on its way in: what every door makes of what it was sent, before it is accepted."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from journeys.parts import Purpose
from learning.features.observed import Visit
from store.identity import KnownAs
from store.suppressions import Reason


@dataclass(frozen=True, slots=True)
class Who:
    """Whom an event is about: the world's ids for the customer, or, from our own links, the customer itself."""

    user_id: str = ""
    anonymous_id: str = ""
    customer_id: str = ""
    previous_id: str = ""
    """An id that the sender says is the same person's: a user id or an anonymous one."""
    others: tuple[KnownAs, ...] = ()
    """More ids: of the project's own kinds, and digests of addresses."""

    @property
    def known_as(self) -> tuple[KnownAs, ...]:
        """The world's ids."""
        named = (("user", self.user_id), ("anonymous", self.anonymous_id))
        return (*((kind, value) for kind, value in named if value), *self.others)


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """Consent given or withdrawn, for one channel or, when `channel` is empty, for every one. With a `topic` it
    is about that list alone."""

    channel: str
    purpose: Purpose
    granted: bool
    topic: str = ""
    source: str = ""
    """Where it was given, in the sender's words; empty is the event itself."""
    proof: Any = None
    """What the sender gives as evidence: a form's text and version, a page, a recording."""
    confirmed: bool = False
    """Whether the owner of the address said so from there too."""
    until: datetime | None = None
    """When it ends by itself, in UTC; None if it does not."""


@dataclass(frozen=True, slots=True)
class DeadAddress:
    """An address that nothing is to be sent to any more: its kind, `email` or `phone`, why, and who says so."""

    kind: str
    value: str
    reason: Reason
    source: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What an event says about its customer. A trait that is None is to be forgotten."""

    traits: dict[str, Any] = field(default_factory=dict[str, Any])
    first_traits: dict[str, Any] = field(default_factory=dict[str, Any])
    """Traits that are set only where the customer has none of that name yet."""
    time_zone: str | None = None
    time_zone_from: str = ""
    """`trait`, `context`, `phone` or `locale`; the last two are only derived."""
    locale: str | None = None
    locale_from: str = ""
    """`trait` or `context`."""
    addresses: tuple[tuple[str, str], ...] = ()
    """Kind (`email`, `phone`, `push_token`, `web_push`) and value."""
    consents: tuple[ConsentChange, ...] = ()
    dead: tuple[DeadAddress, ...] = ()
    """Only vendors' proved reports say this: a write key is public, and must silence nobody."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One event, checked. `at` is when it happened, in UTC; `id` makes sending it again harmless."""

    id: str
    name: str
    who: Who
    at: datetime
    properties: dict[str, Any] = field(default_factory=dict[str, Any])
    profile: Profile = Profile()
    traceparent: str = ""
    visit: Visit | None = None
