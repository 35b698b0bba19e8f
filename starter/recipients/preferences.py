"""The page on which a customer chooses what to hear about: each channel and purpose, the lists they were ever on,
and nothing else of them.

The token in the link is signed, names one customer, and allows nothing but this page.
"""

import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse

from content.links import LinkSigner
from journeys.parts import Purpose
from starter.ingestion.acceptance import EventsIn
from starter.ingestion.bodies import UnreadableBody, read_body
from starter.ingestion.incoming import Incoming, Who
from starter.recipients.happenings import wish
from starter.recipients.opting_out import heed_signal
from starter.recipients.pages import channel_name, door, show
from starter.services import Services, Shared
from store.consents import consents_of, stands
from store.customers import find_customer

router = door("preferences")

_SOURCE = "preference page"
_LARGEST_FORM = 16 * 1024
_PURPOSES: dict[Purpose, tuple[str, str]] = {
    "marketing": ("Offers and news", "What might interest you"),
    "transactional": ("About your orders", "Receipts, deliveries, changes to what you use"),
}


@dataclass(frozen=True)
class Choice:
    """One thing that can be chosen, and whether it is."""

    channel: str
    purpose: Purpose
    on: bool
    topic: str = ""

    @property
    def key(self) -> str:
        return f"list.{self.topic}.{self.channel}" if self.topic else f"{self.channel}.{self.purpose}"

    @property
    def name(self) -> str:
        return _in_words(self.topic) or _PURPOSES[self.purpose][0]

    @property
    def about(self) -> str:
        if self.topic:
            return f"By {channel_name(self.channel)}" if self.channel else ""
        return _PURPOSES[self.purpose][1]


def _in_words(topic: str) -> str:
    return topic[:1].upper() + topic[1:].replace("-", " ").replace("_", " ")


@router.get("/p/{token}")
async def look(token: str, request: Request, services: Shared, events: EventsIn) -> HTMLResponse:
    """What is chosen now. A browser that asks for privacy is heeded at once."""
    customer_id = LinkSigner(services.secret).read_preferences(token)
    opted_out = await heed_signal(services, events, request, customer_id)
    return await _page(services, customer_id, saved=False, opted_out=opted_out)


@router.post("/p/{token}")
async def choose(token: str, request: Request, services: Shared, events: EventsIn) -> HTMLResponse:
    """Save what was chosen. What did not change says nothing, so that no consent is made up."""
    customer_id = LinkSigner(services.secret).read_preferences(token)
    try:
        chosen = parse_qs((await read_body(request, _LARGEST_FORM)).decode(errors="replace"))
    except UnreadableBody:
        return show(services, "message.html", 413, title="That was too much", told="Nothing was saved.")
    choices = await _choices(services, customer_id)
    said = list(_wishes(customer_id, choices, chosen.keys(), datetime.now(UTC)))
    if choices and said:
        await events.accept(said)
    opted_out = await heed_signal(services, events, request, customer_id)
    return await _page(services, customer_id, saved=True, opted_out=opted_out)


def _wishes(
    customer_id: str, choices: Collection[Choice], chosen: Collection[str], now: datetime
) -> Iterator[Incoming]:
    who = Who(customer_id=customer_id)
    if "nothing" in chosen:
        # Without a channel it is about all of them, and ends every journey of the customer.
        yield wish(_event_id(), who, "", "marketing", now, _SOURCE, granted=False)
        return
    for choice in choices:
        granted = choice.key in chosen
        if granted != choice.on:
            about = (choice.channel, choice.purpose)
            yield wish(_event_id(), who, *about, now, _SOURCE, granted=granted, topic=choice.topic)


def _event_id() -> str:
    """New each time: a choice can be taken back and made again."""
    return f"preference_{secrets.token_hex(16)}"


async def _choices(services: Services, customer_id: str) -> list[Choice]:
    """Every channel and purpose of the project, and every list; none for a customer who is gone."""
    async with services.database.reading() as session:
        if await find_customer(session, customer_id) is None:
            return []
        records = await consents_of(session, customer_id)
    now = datetime.now(UTC)
    said = {(record.channel, record.purpose): stands(record, now) for record in records if not record.topic}
    # As the consent policy reads silence: no marketing, but what the customer needs to know.
    channels = [
        Choice(channel, purpose, said.get((channel, purpose), purpose == "transactional"))
        for channel in services.project.channels
        for purpose in _PURPOSES
    ]
    lists = [
        Choice(record.channel, "marketing", record.granted, record.topic) for record in records if record.topic
    ]
    return channels + sorted(lists, key=lambda choice: (choice.topic, choice.channel))


async def _page(services: Services, customer_id: str, *, saved: bool, opted_out: bool) -> HTMLResponse:
    choices = await _choices(services, customer_id)
    lists = [choice for choice in choices if choice.topic]
    others = [choice for choice in choices if not choice.topic]
    parts = [
        {"name": channel_name(channel), "choices": [choice for choice in others if choice.channel == channel]}
        for channel in dict.fromkeys(choice.channel for choice in others)
    ]
    if lists:
        parts.append({"name": "lists", "choices": lists})
    title = "What you want to hear about"
    return show(services, "preferences.html", title=title, parts=parts, saved=saved, opted_out=opted_out)
