"""Postmark's webhooks: one record a call. Postmark signs nothing; a name and a password prove the call.

https://postmarkapp.com/developer/webhooks/webhooks-overview
"""

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from starter.webhooks.mail_ids import delivery_named
from starter.webhooks.model import Call, Forged, Report, Secrets, Told, Unknown, Vendor, read_as

_SOFT = (
    "SoftBounce",
    "DnsError",
    "SpamNotification",
    "VirusNotification",
    "Blocked",
    "DMARCPolicy",
    "SMTPApiError",
)
_HARD = ("HardBounce", "BadEmailAddress", "ManuallyDeactivated")
_LONGEST_REPLY = 4096


class Postmark(Vendor):
    """Settings: the name and the password in the webhook's address, `https://NAME:PASSWORD@...`."""

    vendor: ClassVar[str] = "postmark"
    channel: ClassVar[str] = "email"

    username: str = Field(default="postmark", min_length=1)
    password: Secrets

    async def verify(self, call: Call) -> None:
        """Basic authentication, compared in constant time. Raises Forged."""
        given = call.header("authorization").encode()
        expected = [_basic(self.username, password.get_secret_value()) for password in self.password]
        if not any(hmac.compare_digest(given, one) for one in expected):
            raise Forged("the name or the password is not Postmark's")

    def read(self, call: Call) -> Sequence[Report | Unknown]:
        """The one record of a call. Raises Unreadable."""
        record = read_as(_Record, call.body)
        match record.record_type:
            case "":
                return [_reply(read_as(_Inbound, call.body), call.received_at)]
            case "Bounce":
                return [_bounce(record, call.received_at)]
            case "SubscriptionChange":
                return [_wish(record, call.received_at)]
            case "Delivery":
                return [_report(record, "delivered", record.delivered_at, call)]
            case "SpamComplaint":
                return [_report(record, "complained", record.bounced_at, call, dead=True)]
            case "Open":
                return [_report(record, "opened", record.received_at, call)]
            case "Click":
                return [_report(record, "clicked", record.received_at, call, url=record.original_link)]
            case other:
                return [Unknown(other)]


class _Pascal(BaseModel):
    model_config = ConfigDict(alias_generator=to_pascal, populate_by_name=True)


class _Record(_Pascal):
    """Every kind of record but a mail that came in; each has some of these."""

    record_type: str = ""
    message_id: str = Field(default="", alias="MessageID")
    id: int = Field(default=0, alias="ID")
    type: str = ""
    email: str = ""
    recipient: str = ""
    delivered_at: AwareDatetime | None = None
    bounced_at: AwareDatetime | None = None
    received_at: AwareDatetime | None = None
    changed_at: AwareDatetime | None = None
    inactive: bool = False
    original_link: str = ""
    origin: str = ""
    suppress_sending: bool = False
    metadata: dict[str, str] = Field(default_factory=dict)


class _Header(_Pascal):
    name: str
    value: str


class _Inbound(_Pascal):
    """A mail that came in."""

    message_id: str = Field(alias="MessageID", min_length=1)
    address: str = Field(alias="From")
    stripped_text_reply: str = ""
    text_body: str = ""
    headers: list[_Header] = Field(default_factory=list)


def _report(
    record: _Record, told: Told, at: datetime | None, call: Call, *, dead: bool = False, **details: Any
) -> Report:
    at = at or call.received_at
    return Report(
        id=_id(record, at),
        told=told,
        at=at,
        delivery_id=record.metadata.get("delivery_id", ""),
        provider_id=record.message_id,
        address=record.recipient or record.email,
        details={name: value for name, value in details.items() if value},
        dead=dead,
    )


def _id(record: _Record, at: datetime) -> str:
    """Bounces have a number; the others are told apart by their time. A record without one is told once."""
    known = record.id or (at.isoformat() if record.delivered_at or record.received_at or record.changed_at else "")
    return f"{record.record_type}-{record.message_id}-{known}"


def _bounce(record: _Record, received_at: datetime) -> Report | Unknown:
    told: Told | None = (
        "deferred"
        if record.type == "Transient"
        else "unsubscribed"
        if record.type == "Unsubscribe"
        else "bounced"
        if record.type in (*_SOFT, *_HARD) or record.inactive
        else None
    )
    if told is None:
        return Unknown(f"Bounce {record.type}")
    hard = record.inactive or record.type in _HARD
    at = record.bounced_at or received_at
    return Report(
        id=_id(record, at),
        told=told,
        at=at,
        delivery_id=record.metadata.get("delivery_id", ""),
        provider_id=record.message_id,
        address=record.email,
        details={"code": record.type, **({"bounce": "hard" if hard else "soft"} if told == "bounced" else {})},
        dead=told == "bounced" and hard,
    )


def _wish(record: _Record, received_at: datetime) -> Report | Unknown:
    """What the recipient asked Postmark for. What bounces and the account's people changed is no wish."""
    if record.origin != "Recipient":
        return Unknown(f"SubscriptionChange by {record.origin or 'nobody'}")
    told: Told = "unsubscribed" if record.suppress_sending else "resubscribed"
    at = record.changed_at or received_at
    return Report(
        id=_id(record, at),
        told=told,
        at=at,
        delivery_id=record.metadata.get("delivery_id", ""),
        provider_id=record.message_id,
        address=record.recipient,
    )


def _reply(mail: _Inbound, received_at: datetime) -> Report:
    headers = {header.name.lower(): header.value for header in mail.headers}
    text = (mail.stripped_text_reply or mail.text_body).strip()[:_LONGEST_REPLY]
    return Report(
        id=f"Inbound-{mail.message_id}",
        told="replied",
        at=received_at,
        delivery_id=delivery_named(headers.get("in-reply-to", "")),
        address=mail.address,
        details={"text": text},
    )


def _basic(username: str, password: str) -> bytes:
    return b"Basic " + base64.b64encode(f"{username}:{password}".encode())
