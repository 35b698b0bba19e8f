"""Events as features see them, said briefly."""

from datetime import UTC, datetime, timedelta
from typing import Any

from learning.features.observed import Observed, Visit

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def event(name: str, days_ago: float = 0, page: str = "", referrer: str = "", **properties: Any) -> Observed:
    """An event so many days before `NOON`."""
    at = int((NOON - timedelta(days=days_ago)).timestamp())
    return Observed(name, at, properties, Visit(page, referrer) if page else None)


def minutes(number: float) -> float:
    """Minutes as days."""
    return number / 1440
