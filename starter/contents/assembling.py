"""A surface that is put together from slots, for one customer or for a visitor whom nobody knows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from content.assembly import Choose
from content.rendering import Recipient, RenderContext
from journeys.times import known_zone
from project.model import Project
from store.tables import Customer


def surface_context(
    project: Project,
    customer: Customer | None,
    locale: str,
    now: datetime,
    *,
    seen: Mapping[str, Any] | None = None,
    choose: Choose | None = None,
    preferences_url: str = "",
    url_key: bytes = b"preview",
) -> RenderContext:
    """What the contents in slots may know. `locale` is the page's language; empty is the customer's own. `seen` is
    the customer as conditions see them. No event started it and no step offers anything, so there is neither."""
    reader = _recipient(customer, project.time_zone) if customer else Recipient(time_zone=project.time_zone)
    return RenderContext(
        brand=project.brand,
        # The page's own language wins: a part in another would stand out on it.
        customer=reader.model_copy(update={"locale": locale or reader.locale, "seen": dict(seen or {})}),
        event={},
        unsubscribe_url="",
        preferences_url=preferences_url,
        now=now,
        delivery_id="",
        url_key=url_key,
        choose=choose,
    )


def _recipient(customer: Customer, project_zone: str) -> Recipient:
    zone = customer.time_zone if known_zone(customer.time_zone) else project_zone
    return Recipient(traits=customer.traits, locale=customer.locale or "en", time_zone=zone)
