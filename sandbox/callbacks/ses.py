"""Amazon SES through SNS: events in an envelope signed with the key of a certificate, which is served here."""

import base64
import json
import secrets
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox.callbacks.model import About, Caller, Signed
from sandbox.rsa_keys import rsa_key

_TOPIC = "arn:aws:sns:eu-central-1:123456789012:ses-events"
_FIELDS = ("Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token", "TopicArn", "Type")
"""Those that are signed, in the order in which they are; a message has some of them."""
_SOME: dict[str, tuple[str, str, dict[str, Any]]] = {
    "accepted": ("Send", "send", {}),
    "delivered": ("Delivery", "delivery", {"smtpResponse": "250 OK", "processingTimeMillis": 500}),
    "deferred": ("DeliveryDelay", "deliveryDelay", {"delayType": "TransientCommunicationFailure"}),
    "bounced hard": ("Bounce", "bounce", {"bounceType": "Permanent", "bounceSubType": "General"}),
    "bounced soft": ("Bounce", "bounce", {"bounceType": "Transient", "bounceSubType": "MailboxFull"}),
    "complained": ("Complaint", "complaint", {"complaintFeedbackType": "abuse"}),
    "failed": ("Reject", "reject", {"reason": "Bad content"}),
    "opened": ("Open", "open", {"ipAddress": "192.0.2.1", "userAgent": "Mozilla/5.0 (X11; Linux x86_64)"}),
    "clicked": ("Click", "click", {"link": "https://northwind.example/p/1", "userAgent": "Mozilla/5.0"}),
    "something new": ("Subscription", "subscription", {"contactList": "all"}),
}


class SesCaller(Caller):
    """Signs with a key and a certificate of its own. `url` is where the sandbox is reached."""

    vendor: ClassVar[str] = "ses"
    tells: ClassVar[tuple[str, ...]] = tuple(_SOME)

    def __init__(self, url: str) -> None:
        self._url = url
        self._token = secrets.token_hex(32)
        self.confirmed = False
        """Whether the subscription was confirmed."""

    @cached_property
    def _certificate(self) -> x509.Certificate:
        return _certificate(rsa_key("ses"))

    def settings(self) -> dict[str, Any]:
        return {"topic_arns": [_TOPIC], "local_service": self._url}

    def call(self, url: str, what: str, about: About) -> Signed:
        """A notification with one event."""
        kind, key, facts = _SOME[what]
        recipient = {"emailAddress": about.recipient}
        named = {"bounce": "bouncedRecipients", "complaint": "complainedRecipients"}
        people = {named[key]: [recipient]} if key in named else {}
        mail = {
            "timestamp": _time(about.at),
            "messageId": about.vendor_id,
            "source": "hello@mail.northwind.example",
            "destination": [about.recipient],
            "tags": {"delivery_id": [about.delivery_id]} if about.delivery_id else {},
        }
        event = {"eventType": kind, "mail": mail, key: {**facts, **people, "timestamp": _time(about.at)}}
        return self.sign({"Type": "Notification", "Message": json.dumps(event), "Timestamp": _time(about.at)})

    def subscription(self, at: datetime) -> Signed:
        """The call that asks to confirm a subscription."""
        asked = f"{self._url}/sns/confirm?Token={self._token}"
        text = "You have chosen to subscribe to the topic. To confirm, visit the SubscribeURL."
        return self.sign(
            {
                "Type": "SubscriptionConfirmation",
                "Message": text,
                "Token": self._token,
                "SubscribeURL": asked,
                "Timestamp": _time(at),
            }
        )

    def sign(self, fields: dict[str, str]) -> Signed:
        """An envelope with these fields, signed as version 2. Fields that are given win over the usual ones."""
        envelope = {"MessageId": secrets.token_hex(16), "TopicArn": _TOPIC, **fields}
        signed = "".join(f"{name}\n{envelope[name]}\n" for name in _FIELDS if name in envelope)
        signature = rsa_key("ses").sign(signed.encode(), PKCS1v15(), SHA256())
        body = {
            "SignatureVersion": "2",
            "Signature": base64.b64encode(signature).decode(),
            "SigningCertURL": f"{self._url}/sns/SimpleNotificationService.pem",
            **envelope,
        }
        headers = {"Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": envelope["Type"]}
        return Signed(headers, json.dumps(body).encode())

    async def certificate(self, request: Request) -> Response:
        """GET /sns/SimpleNotificationService.pem"""
        return PlainTextResponse(self._certificate.public_bytes(Encoding.PEM))

    async def confirm(self, request: Request) -> Response:
        """GET /sns/confirm, as the SubscribeURL says"""
        self.confirmed = secrets.compare_digest(request.query_params.get("Token", ""), self._token)
        return Response(status_code=200 if self.confirmed else 403)


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, SHA256())
    )
