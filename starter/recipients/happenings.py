"""The events of what becomes of messages and of what customers wish, whether a vendor or our own links tell."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from journeys.events import OPT_OUT
from journeys.ids import event_traceparent
from journeys.parts import Purpose
from starter.ingestion.incoming import Incoming, Profile, Who
from starter.ingestion.profile import OPT_IN, TOPIC_JOINED, TOPIC_LEFT, read_profile
from store.tables import Delivery

_MAIL = {
    "delivered": "Email Delivered",
    "deferred": "Email Deferred",
    "bounced": "Email Bounced",
    "failed": "Email Failed",
    "complained": "Email Marked as Spam",
    "opened": "Email Opened",
    "clicked": "Email Link Clicked",
}
_MESSAGE = {
    "delivered": "Message Delivered",
    "deferred": "Message Deferred",
    "bounced": "Message Failed",
    "failed": "Message Failed",
    "complained": "Message Marked as Spam",
    "opened": "Message Read",
    "clicked": "Message Link Clicked",
    "replied": "Message Replied",
    "moved": "Address Changed",
}
_BY_MACHINE = {"Email Opened": "Email Machine Opened", "Email Link Clicked": "Email Machine Clicked"}


def happening(
    event_id: str,
    told: str,
    channel: str,
    who: Who,
    at: datetime,
    delivery: Delivery | None,
    details: Mapping[str, Any],
    profile: Profile = Profile(),
) -> Incoming:
    """The event that something happened to a message: `told` is what, such as `opened`. With `machine` among the
    details a program did it, and no journey takes that for the customer."""
    name = (_MAIL if channel == "email" else _MESSAGE).get(told, _MESSAGE[told])
    if details.get("machine"):
        name = _BY_MACHINE.get(name, name)
    about = {"delivery_id": delivery.id} if delivery else {}
    return Incoming(
        id=event_id,
        name=name,
        who=who,
        at=at,
        properties={**about, "channel": channel, **details},
        profile=profile,
        traceparent=event_traceparent(event_id),
    )


def wish(
    event_id: str,
    who: Who,
    channel: str,
    purpose: Purpose,
    at: datetime,
    source: str,
    *,
    granted: bool,
    topic: str = "",
    confirmed: bool = False,
) -> Incoming:
    """The event that a customer wants to hear from us over a channel, or no more; with a `topic` about that alone.
    It changes their consent. `confirmed` is one that came from the address itself."""
    if topic:
        name = TOPIC_JOINED if granted else TOPIC_LEFT
        properties = {"channel": channel, "topic": topic, "source": source}
    else:
        name = OPT_IN if granted else OPT_OUT
        properties = {"channel": channel, "purpose": purpose, "source": source}
        properties |= {"confirmed": True} if confirmed else {}
    return Incoming(
        id=event_id,
        name=name,
        who=who,
        at=at,
        properties=properties,
        profile=read_profile(name, properties, {}, {}),
        traceparent=event_traceparent(event_id),
    )
