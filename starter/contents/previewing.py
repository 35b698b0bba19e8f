"""A content as one customer would get it over every channel, side by side; nothing is sent, and no link acts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from content.library import Entry
from content.reasons import Reason, reasons
from content.rendering import OfferTerms, Recipient, RenderContext, Rendered, RenderingFailed
from deciding.sight import seen_of
from deciding.slots import Occasion, SlotChoices, SlotPlanning
from journeys.model import Journey
from journeys.parts import Offer
from journeys.shapes import Shape
from journeys.steps import Send, walk
from journeys.times import known_zone
from learning.products import FEWEST
from starter.contents.shelf import Shelf
from store.catalogue import read_catalogue
from store.events import list_events
from store.tables import Customer

_NOTHING = Offer(discount=10)
"""The terms shown where no step says any."""


@dataclass(frozen=True)
class Previewed:
    """A content over one channel as one customer would get it, or why it cannot be made for them."""

    entry: Entry
    rendered: Rendered | None
    problem: str
    reasons: list[Reason]


@dataclass(frozen=True)
class _Use:
    """Where a content is used: what starts the run that sends it, and the offer it makes."""

    event: str | None = None
    offer: Offer | None = None


async def preview_for(
    session: AsyncSession, shelf: Shelf, name: str, customer: Customer, now: datetime
) -> list[Previewed]:
    """The content as this customer would get it at `now`, from the last event of theirs that starts a journey
    which sends it. Raises NoSuchContent."""
    news = await read_catalogue(session, FEWEST)
    shelf.catalogue.renew(news.products, news.together, news.trending)
    use = _use_of(name, shelf.journeys)
    found = await list_events(session, name=use.event or "", customer_id=customer.id)
    event = found.rows[0].properties if found.rows and use.event else {}
    recipient = Recipient(
        traits=customer.traits,
        locale=customer.locale or "en",
        time_zone=customer.time_zone if known_zone(customer.time_zone) else shelf.project.time_zone,
        seen=await seen_of(session, customer, None, now),
    )
    return [
        _previewed(
            shelf, entry, recipient, event, use.offer, now, await _choices(session, shelf, entry, customer, now)
        )
        for entry in shelf.entries(name)
    ]


def preview_entry(shelf: Shelf, entry: Entry, now: datetime) -> Previewed:
    """The content over one channel as a made-up customer would get it, of whom everything that `events.yaml`
    declares is known."""
    traits = {key: _sample(key, shape) for key, shape in (shelf.shapes.customer or {"first_name": None}).items()}
    event = {key: _sample(key, s) for each in (shelf.shapes.events or {}).values() for key, s in each.items()}
    for product in shelf.catalogue.products[:1]:
        event |= product.model_dump(mode="json", include={"product_id", "name", "price", "currency"})
    recipient = Recipient(traits=traits, locale="en", time_zone=shelf.project.time_zone)
    return _previewed(shelf, entry, recipient, event, _use_of(entry.name, shelf.journeys).offer, now)


async def _choices(
    session: AsyncSession, shelf: Shelf, entry: Entry, customer: Customer, now: datetime
) -> SlotChoices | None:
    """What planners would choose now for the slots of a mail; to look decides nothing."""
    name = shelf.library.surface_of(*entry.place)
    if not name:
        return None
    surface = shelf.library.surfaces[name]
    seen = await seen_of(session, customer, shelf.library.asks(name), now)
    occasion = Occasion.on_page(name, customer.id, shelf.library.held_out(customer.id))
    return await SlotPlanning().look(session, surface, occasion, seen, now)


def _use_of(name: str, journeys: Mapping[str, Journey]) -> _Use:
    """The first step that sends a content."""
    for journey in journeys.values():
        for step in walk(journey.steps):
            if isinstance(step, Send) and step.content == name:
                return _Use(journey.start.event, step.offer)
    return _Use()


def _previewed(
    shelf: Shelf,
    entry: Entry,
    recipient: Recipient,
    event: dict[str, Any],
    offer: Offer | None,
    now: datetime,
    choices: SlotChoices | None = None,
) -> Previewed:
    terms = offer or (_NOTHING if "offer" in entry.variant.used else None)
    context = RenderContext(
        brand=shelf.project.brand,
        customer=recipient,
        event=event,
        run={part[4:]: f"({part[4:]})" for part in entry.variant.used if part.startswith("run.")},
        offer=OfferTerms(discount=terms.discount, expires_at=now + terms.valid) if terms else None,
        unsubscribe_url=f"{shelf.project.brand.url}/#preview-unsubscribe",
        preferences_url=f"{shelf.project.brand.url}/#preview-preferences",
        now=now,
        delivery_id="preview",
        url_key=b"preview",
        choose=choices,
    )
    why = reasons(entry.variant, context, shelf.catalogue)
    try:
        rendered = shelf.library.render_variant(entry.name, entry.variant, context)
    except RenderingFailed as error:
        return Previewed(entry, None, str(error), why)
    slots = [Reason(part=f"slots.{pick.slot}", shows=pick.content, why=pick.why) for pick in rendered.picks]
    return Previewed(entry, rendered, "", [*why, *slots])


def _sample(name: str, shape: Shape | None) -> Any:
    """A value such as a customer or an event may have."""
    if name == "first_name" or shape is None:
        return "Alex"
    if shape.enum:
        return shape.enum[0]
    samples: dict[str, Any] = {"string": name.replace("_", " "), "number": 12.5, "integer": 3, "boolean": True}
    return "EUR" if name == "currency" else samples.get(shape.type, [] if shape.type == "list" else {})
