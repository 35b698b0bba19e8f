"""Amazon SES through SNS: events in an envelope that Amazon signs with the key of a certificate it names.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import ClassVar, Literal

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_pascal

from journeys.parts import Duration
from starter.webhooks import ses_events
from starter.webhooks.amazon import Amazon, NotAmazon
from starter.webhooks.model import Again, Call, Forged, Report, Stale, Unknown, Unreadable, Vendor, read_as

_TIME = TypeAdapter[datetime](AwareDatetime)
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
    "UnsubscribeConfirmation": (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
}  # fmt: skip


class SesOverSns(Vendor):
    """Settings: the topics that may call, and how old a call may be."""

    vendor: ClassVar[str] = "ses"
    channel: ClassVar[str] = "email"

    topic_arns: tuple[str, ...] = Field(min_length=1)
    """Anyone can have Amazon sign a message of a topic of their own; only these topics count. Set the attribute
    `SignatureVersion` of a topic to 2: the older one, with SHA-1, is refused."""
    stale_after: Duration = timedelta(hours=1)
    local_service: str = Field(default="", pattern=r"^(http://127\.0\.0\.1:\d+)?$")
    """Where a sandbox on this machine plays Amazon."""

    async def verify(self, call: Call) -> None:
        """An RSA signature over the envelope's fields, by a certificate from Amazon. Raises Forged or Stale."""
        envelope = _envelope(call)
        if envelope.topic_arn not in self.topic_arns:
            raise Forged("the topic is not one of topic_arns")
        if envelope.signature_version != "2":
            raise Forged("SignatureVersion is not 2; set that attribute of the topic")
        try:
            certificate = await self._amazon.certificate(envelope.signing_cert_url, call.received_at)
            signature = base64.b64decode(envelope.signature, validate=True)
            _public_key(certificate).verify(signature, _canonical(envelope), PKCS1v15(), SHA256())
        except (NotAmazon, InvalidSignature, binascii.Error) as error:
            raise Forged(f"the signature is not Amazon's: {error}") from error
        if abs(call.received_at - _time(envelope.timestamp)) > self.stale_after:
            raise Stale("the call is too old")

    def read(self, call: Call) -> Sequence[Report | Unknown]:
        """The event of a notification. Raises Unreadable."""
        envelope = _envelope(call)
        if envelope.type == "SubscriptionConfirmation":
            return []
        if envelope.type != "Notification":
            return [Unknown(envelope.type)]
        return ses_events.read(envelope.message, envelope.message_id)

    async def settle(self, call: Call) -> None:
        """Confirm a subscription, as Amazon asks before it sends anything. Raises Forged or Again."""
        envelope = _envelope(call)
        if envelope.type == "SubscriptionConfirmation":
            try:
                await self._amazon.fetch(envelope.subscribe_url or "")
            except NotAmazon as error:
                raise Forged(f"SubscribeURL: {error}") from error
            except httpx.HTTPError as error:
                raise Again(f"the subscription could not be confirmed: {error}") from error

    @cached_property
    def _amazon(self) -> Amazon:
        return Amazon(self.local_service)


class _Envelope(BaseModel):
    """What SNS posts."""

    model_config = ConfigDict(alias_generator=to_pascal)

    type: Literal["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]
    message_id: str
    topic_arn: str
    message: str
    subject: str | None = None
    token: str | None = None
    subscribe_url: str | None = Field(default=None, alias="SubscribeURL")
    timestamp: str = Field(max_length=40)
    signature_version: str
    signature: str
    signing_cert_url: str = Field(alias="SigningCertURL")


def _envelope(call: Call) -> _Envelope:
    """The envelope, not yet proved. Raises Forged when there is none."""
    try:
        return read_as(_Envelope, call.body)
    except Unreadable as error:
        raise Forged(f"this is no message of SNS: {error}") from error


def _time(written: str) -> datetime:
    try:
        return _TIME.validate_python(written)
    except ValidationError as error:
        raise Forged("the time is none") from error


def _canonical(envelope: _Envelope) -> bytes:
    """The text that Amazon signs: the names and the values of some fields, each on a line of its own."""
    values = {
        "Message": envelope.message,
        "MessageId": envelope.message_id,
        "Subject": envelope.subject,
        "SubscribeURL": envelope.subscribe_url,
        "Timestamp": envelope.timestamp,
        "Token": envelope.token,
        "TopicArn": envelope.topic_arn,
        "Type": envelope.type,
    }
    return "".join(f"{n}\n{values[n]}\n" for n in _SIGNED[envelope.type] if values[n] is not None).encode()


def _public_key(certificate: x509.Certificate) -> RSAPublicKey:
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise NotAmazon("the certificate's key is of another kind")
    return key
