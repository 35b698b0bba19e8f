"""Everything that a policy may know of the customer, their journeys and the channel."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from pydantic import Field

from journeys.times import known_zone
from journeys.zones import zones_of_country
from policies.model.action import Action
from policies.model.fact import Fact
from policies.model.history import Consent, Contact, Health, OpenRun, Suppressed
from policies.model.place import Place
from policies.model.verdicts import NeedsApproval

_SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)


class Facts(Fact):
    """Everything a policy may know. Times are in UTC."""

    now: datetime
    action: Action
    time_zone: str | None
    """The customer's IANA zone; None when it is unknown."""
    place: Place = Place()
    """Where the customer is. By the zones of that country a customer is judged whose own zone is unknown."""
    project_zone: str = "UTC"
    """The IANA zone of the project, by which a customer is judged of whom no country is known either."""
    consents: tuple[Consent, ...] = ()
    suppressed: Suppressed | None = None
    """Of the address that the action would go to."""
    contacts: tuple[Contact, ...] = ()
    """Of at least the last 31 days, reserved ones included, newest last."""
    refused: tuple[Contact, ...] = ()
    """What providers refused to take in that time, newest last. None of it left, so no cap counts it."""
    attributes: dict[str, Any] = Field(default_factory=dict)
    """What is known of the customer."""
    customer_id: str = ""
    locale: str | None = None
    """The customer's, as a BCP 47 tag."""
    brand: str = ""
    """The name under which the project sends."""
    journey_sent: dict[timedelta, dict[str, int]] = Field(default_factory=dict)
    """By channel, how many messages the action's journey sent to anyone, for each span that a budget names."""
    journey_gave: dict[timedelta, dict[str, float]] = Field(default_factory=dict)
    """By currency, how much the action's journey gave to anyone by business actions, for each span of such a
    budget."""
    open_runs: tuple[OpenRun, ...] = ()
    last_inbound: datetime | None = None
    """When the customer last wrote to us over the action's channel."""
    health: Health = Health()
    """Of the action's channel, over the last seven days."""
    volumes: tuple[int, ...] = ()
    """How many messages the action's journey sent on each of the last days, the present one last."""
    audiences: tuple[int, ...] = ()
    """How many runs of that journey began on each of these days."""
    daily_spending: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    """By currency, how much the journey's business actions gave on each of the last days, the present one last."""
    asked: NeedsApproval | None = None
    """What the journey itself asks for the action: by its step, or by its tier."""
    tightened: NeedsApproval | None = None
    """What is asked for the journey since it was tightened, until a person loosens it."""

    def attribute(self, path: str) -> Any:
        """What is known of the customer at a path such as `scores.value`; None when nothing is."""
        return attribute(self.attributes, path)

    def last_word(self, *channels: str, topic: str = "") -> Consent | None:
        """What the customer said last of the action's purpose on any of `channels`, about a topic or none. Of a
        yes and a no at the same moment the no counts."""
        said = (c for c in self.consents if (c.purpose, c.topic) == (self.action.purpose, topic))
        return max((c for c in said if c.channel in channels), key=lambda c: (c.at, not c.granted), default=None)

    def session_began(self, attribute: str, within: timedelta) -> datetime:
        """When the customer's session began: as the attribute says, an ISO 8601 time, else `within` ago."""
        try:
            began = datetime.fromisoformat(str(self.attribute(attribute) or ""))
        except ValueError:
            return self.now - within
        return began if began.tzinfo else self.now - within

    @property
    def zones(self) -> tuple[ZoneInfo, ...]:
        """Every zone that the customer may be in: their own; or all of their country's; or else the project's."""
        return _zones(self.time_zone, self.place.country, self.project_zone)

    @property
    def clocks(self) -> tuple[datetime, ...]:
        """Now, on every clock that the customer may live by."""
        return tuple(self.now.astimezone(zone) for zone in self.zones)

    @property
    def somewhere(self) -> str:
        """By whose clock a customer is judged whose own zone is unknown, as the end of a clause."""
        if known_zone(self.time_zone):
            return ""
        if not zones_of_country(country := self.place.country):
            return f" by the project's clock ({self.project_zone})"
        return f" in one of the {len(self.zones)} zones of {country}" if self.zones[1:] else f" in {country}"


@lru_cache(maxsize=4096)
def _zones(own: str | None, country: str, project: str) -> tuple[ZoneInfo, ...]:
    if zone := known_zone(own):
        return (zone,)
    # From west to east: where a day's hours begin last is where a hold ends, and is asked first.
    clocks = sorted(
        (_SOME_TIME.astimezone(ZoneInfo(zone)).replace(tzinfo=None), zone) for zone in zones_of_country(country)
    )
    return tuple(ZoneInfo(zone) for _, zone in clocks) or (ZoneInfo(project),)


def attribute(attributes: Mapping[str, Any], path: str) -> Any:
    """What stands in some attributes at a path such as `scores.value`; None when nothing does."""
    found: Any = attributes
    for name in path.split("."):
        found = cast(Mapping[str, Any], found).get(name) if isinstance(found, Mapping) else None
    return found
