"""Keeps what the sandbox accepted, in the order in which it came."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Channel = Literal["email", "push", "whatsapp", "sms", "web_push", "slack", "webhook"]


@dataclass(frozen=True)
class Message:
    """One accepted message, as its recipient would have it."""

    number: int
    """The order of acceptance, from 1."""
    channel: Channel
    recipient: str
    delivery_id: str
    """What the sender asked to have echoed; empty when it sent nothing of the kind."""
    vendor_id: str
    """The id the sender was given for it."""
    title: str
    """The subject, the notification's title, or the template's name."""
    content: dict[str, Any]
    """What the message consists of: `html`, `text`, `headers` and `source`, or the vendor's JSON."""
    received_at: datetime
    """UTC."""
    vendor: str = ""
    """Who took it, of the vendors that call back."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"received_at": self.received_at.isoformat()}


class Mailbox:
    """Every message accepted since the start, duplicates included: whether there are any is worth seeing."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.arrivals: list[Callable[[Message], None]] = []
        """Who is told of each message as it comes."""

    def find(self, channel: Channel, delivery_id: str) -> list[Message]:
        """The messages over a channel that asked to have this echoed, the latest first."""
        return [m for m in reversed(self.messages) if (m.channel, m.delivery_id) == (channel, delivery_id)]

    def add(
        self,
        channel: Channel,
        recipient: str,
        delivery_id: str,
        vendor_id: str,
        title: str,
        content: dict[str, Any],
        vendor: str = "",
    ) -> Message:
        """Keep a message that was accepted just now."""
        number, now = len(self.messages) + 1, datetime.now(UTC)
        message = Message(number, channel, recipient, delivery_id, vendor_id, title, content, now, vendor)
        self.messages.append(message)
        for tell in self.arrivals:
            tell(message)
        return message
