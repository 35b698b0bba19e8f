"""What went before: what customers said, what they were sent, and how that was received."""

from datetime import datetime

from journeys.parts import Purpose
from policies.model.fact import Fact


class Consent(Fact):
    """What the customer last said about one channel for one purpose, or about one topic within it."""

    channel: str
    """Empty, for a topic only: whatever the channel."""
    purpose: Purpose
    topic: str = ""
    granted: bool
    confirmed: bool = False
    """Whether the owner of the address said so from there too."""
    until: datetime | None = None
    """When it ends by itself, as an implied consent does; None if it does not."""
    source: str
    at: datetime

    def stands(self, now: datetime) -> bool:
        """Whether it was given and has not ended."""
        return self.granted and (self.until is None or now < self.until)


class Suppressed(Fact):
    """Why nothing may go to an address: `hard_bounce`, `complaint` or `manual`, who said so, and since when."""

    reason: str
    source: str
    at: datetime


class Contact(Fact):
    """A message to the customer: one that has left or is reserved to leave, or one that its provider refused."""

    channel: str
    purpose: Purpose
    at: datetime
    journey: str = ""
    priority: int = 50
    """Of its journey."""
    discount: float | None = None
    """Per cent, of the offer it made."""
    offer_until: datetime | None = None
    """When that offer ends."""
    failed: bool = False
    """Whether its provider told that it did not arrive: later, or when it was handed over, where it is refused."""
    code: str = ""
    """Why, as its provider names it: `whatsapp_cloud.131049`."""


class OpenRun(Fact):
    """A run of another journey that the customer is in."""

    journey: str
    priority: int


class Health(Fact):
    """What became of the messages over one channel lately, to anyone."""

    delivered: int = 0
    bounced: int = 0
    """For good."""
    complained: int = 0
