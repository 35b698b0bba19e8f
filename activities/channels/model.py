"""What every provider of a channel is, and the three ways in which a send can fail."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from content.rendering import Rendered
from journeys.times import Duration
from store.database import Database

AddressKind = Literal["email", "phone", "push_token", "web_push", "whatsapp_user_id", "customer"]
"""`customer` is the customer's own id, which always reaches them: inside the shop's own app and site."""
Remedy = Literal[
    "none", "deactivate_address", "withdraw_consent", "fix_content", "fix_configuration", "stop_channel"
]
"""What has to be done: about whom it is for, the message, what is set up for such messages, or the channel."""


class SendError(Exception):
    """A send that did not succeed.

    SendError
    +-- RetryLater       the provider surely did not take it and may later
    +-- Refused          the provider surely did not take it and never will
    +-- OutcomeUnknown   it may or may not have left
    """

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        """The vendor's own code, prefixed by the provider: `fcm.UNREGISTERED`."""
        self.reason = reason
        super().__init__(f"{code}: {reason}")


class RetryLater(SendError):
    """The provider did not take the message now. `after` is what it asked for, if it did; `everyone` says that it
    would not take any other message either."""

    def __init__(self, code: str, reason: str, after: timedelta | None = None, *, everyone: bool = False) -> None:
        super().__init__(code, reason)
        self.after = after
        self.everyone = everyone


class Refused(SendError):
    """The provider will never take this message as things are. `remedy` is what has to be done about it."""

    def __init__(self, code: str, reason: str, remedy: Remedy = "none") -> None:
        super().__init__(code, reason)
        self.remedy: Remedy = remedy

    @property
    def ours(self) -> bool:
        """Whether the settings or the account are wrong: the message may leave once a person has mended them."""
        return self.remedy in ("fix_configuration", "stop_channel")


class OutcomeUnknown(SendError):
    """The connection broke after the message was handed over, or the answer makes no sense."""


class OutgoingMessage(BaseModel):
    """Exactly what leaves: the approver sees it, its hash is what they approve, and it is what is sent."""

    model_config = ConfigDict(frozen=True)

    channel: str
    provider: str
    recipient: str
    body: dict[str, Any]
    """The provider's own fields, as JSON."""


@dataclass(frozen=True)
class Sought:
    """A message that left or did not, nobody knows, as a vendor may be asked about it."""

    delivery_id: str
    recipients: tuple[str, ...]
    """Where it may have gone: the customer's addresses."""
    since: datetime
    """Before this moment it surely had not left. UTC."""
    is_it: Callable[[OutgoingMessage], bool]
    """Whether a message is this one, byte for byte."""


class Provider(BaseModel, ABC):
    """One way to send over one channel. Its fields are its settings under `channels` in `sojourn.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    channel: ClassVar[str]
    provider: ClassVar[str]
    address_kind: ClassVar[AddressKind]
    other_kind: ClassVar[AddressKind | None] = None
    """What else it reaches a customer by who has no address of that kind."""
    needs_store: ClassVar[bool] = False
    """Whether it can only send once it is bound to a store."""

    per_second: float | None = Field(default=None, gt=0)
    """The most messages that all workers together send in a second, whatever the vendor would take."""
    hold_for: Duration = timedelta(days=1)
    """How long a message waits that only wrong settings keep from leaving, before it is rejected."""

    @abstractmethod
    def prepare(self, rendered: Rendered, recipient: str, delivery_id: str) -> OutgoingMessage:
        """Make the message that will leave. Pure: the same input always gives the same message.

        Raises Refused when the content cannot be sent over this provider.
        """

    @abstractmethod
    async def send(self, message: OutgoingMessage, delivery_id: str) -> str:
        """Send, and give the provider's id for the message. Raises a SendError, and nothing else.

        `delivery_id` travels where the vendor echoes it, so that an unknown outcome can be settled later.
        """

    def kinds(self) -> tuple[AddressKind, ...]:
        """The kinds of addresses that it reaches a customer by, the one that it would rather have first."""
        return (self.address_kind, self.other_kind) if self.other_kind else (self.address_kind,)

    def kind_of(self, recipient: str) -> AddressKind:
        """Of which kind an address is."""
        return self.address_kind

    async def search(self, sought: Sought) -> list[str] | None:
        """Ask the vendor for a message of which nobody knows whether it left: the vendor's ids of those that are
        this one, none when it has none. None where the vendor cannot be asked, which is the default.

        Raises a SendError when it does not answer now.
        """
        return None

    def bind(self, database: Database) -> "Provider":
        """The provider as it works in one installation. Most need nothing of it."""
        return self

    async def close(self) -> None:
        """Close connections. The default has none."""
        return
