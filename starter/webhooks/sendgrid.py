"""SendGrid's Event Webhook: batches of events, signed with ECDSA over the time and the body.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, RootModel, field_validator

from journeys.parts import Duration
from starter.webhooks.mail_ids import delivery_named
from starter.webhooks.model import (
    Call,
    Forged,
    Report,
    Stale,
    Told,
    Unknown,
    Vendor,
    moment,
    read_as,
    read_item,
    several,
)

_SIGNATURE = "x-twilio-email-event-webhook-signature"
_TIMESTAMP = "x-twilio-email-event-webhook-timestamp"

_TOLD: dict[str, Told] = {
    "processed": "accepted",
    "delivered": "delivered",
    "deferred": "deferred",
    "bounce": "bounced",
    "dropped": "failed",
    "open": "opened",
    "click": "clicked",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
    "group_resubscribe": "resubscribed",
}
_DEAD_BEFORE = ("Bounced Address", "Spam Reporting Address", "Invalid")
"""Why SendGrid drops a mail without trying: it learned earlier that the address is dead."""


class SendGrid(Vendor):
    """Settings: the verification key that SendGrid shows beside the webhook, and how old a call may be."""

    vendor: ClassVar[str] = "sendgrid"
    channel: ClassVar[str] = "email"

    public_key: Annotated[tuple[str, ...], Field(min_length=1), BeforeValidator(several)]
    """One key or, while it is being changed, both."""
    stale_after: Duration = timedelta(hours=25)
    """SendGrid tries a call again for 24 hours and does not say whether it signs each try anew."""

    @field_validator("public_key")
    @classmethod
    def _are_keys(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for text in given:
            _key(text)
        return given

    async def verify(self, call: Call) -> None:
        """An ECDSA signature over the header with the time and the raw body. Raises Forged or Stale."""
        time, signature = call.header(_TIMESTAMP), _decoded(call.header(_SIGNATURE))
        signed = time.encode() + call.body
        if not any(_signs(key, signature, signed) for key in self._keys):
            raise Forged("the signature is not SendGrid's")
        if not time.isdigit() or abs(call.received_at - moment(int(time[:12]))) > self.stale_after:
            raise Stale("the call is too old")

    def read(self, call: Call) -> Sequence[Report | Unknown]:
        """The events of a batch. Raises Unreadable."""
        return [_read(read_item(_Event, event, "event")) for event in read_as(_Batch, call.body).root]

    @cached_property
    def _keys(self) -> list[ec.EllipticCurvePublicKey]:
        return [_key(text) for text in self.public_key]


class _Event(BaseModel):
    """An event. Custom arguments stand among its own keys, ours as `delivery_id`."""

    model_config = ConfigDict(populate_by_name=True)

    event: str
    email: str = ""
    timestamp: int
    sg_event_id: str = Field(min_length=1)
    sg_message_id: str = ""
    smtp_id: str = Field(default="", alias="smtp-id")
    delivery_id: str = ""
    kind: str = Field(default="", alias="type")
    reason: str = ""
    status: str = ""
    classification: str = Field(default="", alias="bounce_classification")
    url: str = ""
    sg_machine_open: bool = False


class _Batch(RootModel[list[JsonValue]]):
    """What a call has as its body."""


def _read(event: _Event | Unknown) -> Report | Unknown:
    if isinstance(event, Unknown):
        return event
    told = _TOLD.get(event.event)
    if told is None:
        return Unknown(event.event)
    soft = event.event == "bounce" and event.kind == "blocked"
    return Report(
        id=event.sg_event_id,
        told=told,
        at=moment(event.timestamp),
        delivery_id=event.delivery_id or delivery_named(event.smtp_id),
        provider_id=event.sg_message_id.partition(".")[0],
        address=event.email,
        details=_details(event, told, soft=soft),
        dead=(told == "bounced" and not soft)
        or told == "complained"
        or (event.event == "dropped" and event.reason.startswith(_DEAD_BEFORE)),
    )


def _details(event: _Event, told: Told, *, soft: bool) -> dict[str, Any]:
    details: dict[str, Any] = {"code": event.status}
    if told == "bounced":
        details |= {"bounce": "soft" if soft else "hard", "class": event.classification}
    if told == "failed":
        details["class"] = "suppressed"
    if told == "clicked":
        details["url"] = event.url
    if told == "opened":
        details["machine"] = event.sg_machine_open
    return {name: value for name, value in details.items() if value not in ("", False)}


def _key(text: str) -> ec.EllipticCurvePublicKey:
    """The key from its base64 text. Raises ValueError."""
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("this is not a key as SendGrid shows it under Signed Event Webhook") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("this is a key of another kind than SendGrid's")
    return key


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _signs(key: ec.EllipticCurvePublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
