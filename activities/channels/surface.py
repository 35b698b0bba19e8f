"""Messages inside the shop's own app and site: they wait in our store until their customer comes by."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar

from pydantic import Field, PrivateAttr, SecretStr, field_validator
from sqlalchemy.exc import SQLAlchemyError

from activities.channels.fields import read_fields
from activities.channels.http import describe
from activities.channels.model import AddressKind, OutgoingMessage, Provider, RetryLater
from content.rendering import Rendered
from content.shapes import SurfaceFields
from journeys.times import Duration
from store.database import Database
from store.surfaces import place
from store.tables import SurfaceMessage


class Surface(Provider):
    """A place in the shop's own app or site. Settings: how long a message waits there."""

    provider: ClassVar[str] = "surface"
    address_kind: ClassVar[AddressKind] = "customer"
    needs_store: ClassVar[bool] = True

    keep_for: Duration = timedelta(days=30)
    """How long a message is shown at most."""
    identity_secret: SecretStr | None = Field(default=None, min_length=16)
    """With it the shop's server proves a user id to our door: user ids can be guessed; messages are private."""
    _database: Database | None = PrivateAttr(default=None)

    @field_validator("keep_for")
    @classmethod
    def _some_time(cls, keep_for: timedelta) -> timedelta:
        if keep_for <= timedelta():
            raise ValueError("must be longer than nothing")
        return keep_for

    def bind(self, database: Database) -> "Surface":
        """The surface whose messages wait in `database`."""
        bound = self.model_copy()
        bound._database = database
        return bound

    def prepare(self, rendered: Rendered, recipient: str, delivery_id: str) -> OutgoingMessage:
        """Make what is shown. Raises Refused for fields that are no message."""
        content = read_fields(SurfaceFields, rendered).model_dump(mode="json")
        body = {"id": delivery_id, "content": content}
        return OutgoingMessage(channel=self.channel, provider=self.provider, recipient=recipient, body=body)

    async def send(self, message: OutgoingMessage, delivery_id: str) -> str:
        """Place the message. However often it is tried under one id, there is one: no outcome is unknown."""
        assert self._database is not None, "a surface is bound to a store before anything is sent over it"
        now = datetime.now(UTC)
        placed = SurfaceMessage(
            id=delivery_id,
            customer_id=message.recipient,
            surface=self.channel,
            content=message.body["content"],
            placed_at=now,
            valid_until=now + self.keep_for,
        )
        try:
            async with self._database.transaction() as session:
                await place(session, placed)
        except (SQLAlchemyError, OSError) as error:
            raise RetryLater("surface.store", describe(error)) from error
        return delivery_id


class Inbox(Surface):
    """The list of messages within the app."""

    channel: ClassVar[str] = "inbox"


class Banner(Surface):
    """A strip across the page."""

    channel: ClassVar[str] = "banner"


class Checklist(Surface):
    """Steps that are still to be done."""

    channel: ClassVar[str] = "checklist"


class Tooltip(Surface):
    """A hint beside one element of the page."""

    channel: ClassVar[str] = "tooltip"
