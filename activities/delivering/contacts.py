"""What a customer was sent, as policies see it: what left or is about to, and what providers refused."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from policies.model import Contact
from store.ledger import NEVER_LEFT
from store.tables import Delivery


def contacts_of(deliveries: Iterable[Delivery], but: str = "") -> tuple[Contact, ...]:
    """The messages that left or are about to, without the delivery `but`."""
    return tuple(_contact(row) for row in deliveries if row.state not in NEVER_LEFT and row.id != but)


def refused_of(deliveries: Iterable[Delivery]) -> tuple[Contact, ...]:
    """What providers refused at the send, newest last: also of messages that then left over another channel."""
    refused = (one for row in deliveries for one in _refusals(row))
    return tuple(sorted(refused, key=lambda contact: contact.at))


def _contact(row: Delivery) -> Contact:
    return _seen(
        row,
        row.channel,
        row.sent_at or row.reserved_at,
        discount=row.discount,
        offer_until=row.offer_until,
        failed=row.state == "failed",
        code=row.code if row.state == "failed" else "",
    )


def _refusals(row: Delivery) -> Iterator[Contact]:
    for one in row.refusals:
        at = datetime.fromisoformat(one["at"])
        yield _seen(row, one["channel"], at, failed=True, code=one["code"])


def _seen(row: Delivery, channel: str, at: datetime, **more: Any) -> Contact:
    purpose = "marketing" if row.purpose == "marketing" else "transactional"
    return Contact(channel=channel, purpose=purpose, at=at, journey=row.journey, priority=row.priority, **more)
