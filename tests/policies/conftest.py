"""Facts about one customer, with what a test does not care about filled in."""

from datetime import UTC, datetime
from typing import Any

from journeys.parts import Purpose
from policies.model import Action, Consent, Contact, Facts

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
"""A Tuesday."""


def facts(
    channel: str = "email",
    purpose: Purpose = "marketing",
    discount: float | None = None,
    approved: bool = False,
    topic: str = "",
    about: dict[str, Any] | None = None,
    **known: Any,
) -> Facts:
    """What is known when a message over `channel` is about to leave, at noon UTC unless `now` is given; `about`
    is what else is known of the message."""
    action = Action(
        journey="j",
        step_id="s",
        channel=channel,
        purpose=purpose,
        content="c",
        discount=discount,
        approved=approved,
        topic=topic,
        **about or {},
    )
    filled: dict[str, Any] = {"now": NOON, "action": action, "time_zone": "UTC", **known}
    return Facts(**filled)


def consent(
    granted: bool,
    channel: str = "email",
    purpose: Purpose = "marketing",
    at: datetime = NOON,
    topic: str = "",
    **terms: Any,
) -> Consent:
    return Consent(channel=channel, purpose=purpose, topic=topic, granted=granted, source="test", at=at, **terms)


def contact(at: datetime, channel: str = "email", purpose: Purpose = "marketing", **more: Any) -> Contact:
    return Contact(channel=channel, purpose=purpose, at=at, **more)
