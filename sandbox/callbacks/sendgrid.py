"""SendGrid's Event Webhook: ECDSA P-256 over the time and the body."""

import base64
import json
import secrets
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.callbacks.model import About, Caller, Signed

_HARD = {"type": "bounce", "status": "5.1.1", "bounce_classification": "Invalid Address"}
_SOFT = {"type": "blocked", "status": "5.7.1", "bounce_classification": "Reputation"}
_PERSON, _MACHINE = "Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0"
_EVENTS: dict[str, dict[str, Any]] = {
    "accepted": {"event": "processed"},
    "delivered": {"event": "delivered", "response": "250 OK"},
    "deferred": {"event": "deferred", "response": "450 try again later", "attempt": "5"},
    "bounced hard": {"event": "bounce", **_HARD},
    "bounced soft": {"event": "bounce", **_SOFT},
    "failed": {"event": "dropped", "reason": "Unsubscribed Address", "status": "5.0.0"},
    "complained": {"event": "spamreport"},
    "opened": {"event": "open", "useragent": _PERSON, "sg_machine_open": False},
    "opened by a machine": {"event": "open", "useragent": _MACHINE, "sg_machine_open": True},
    "clicked": {"event": "click", "url": "https://northwind.example/p/1", "useragent": _PERSON},
    "unsubscribed": {"event": "group_unsubscribe", "asm_group_id": 10},
    "resubscribed": {"event": "group_resubscribe", "asm_group_id": 10},
    "something new": {"event": "account_status_change", "type": "compliance_suspend"},
}


class SendGridCaller(Caller):
    """Signs with a key of its own."""

    vendor: ClassVar[str] = "sendgrid"
    tells: ClassVar[tuple[str, ...]] = tuple(_EVENTS)

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    def settings(self) -> dict[str, Any]:
        """The verification key, as SendGrid's pages show it."""
        public = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return {"public_key": base64.b64encode(public).decode()}

    def call(self, url: str, what: str, about: About) -> Signed:
        """A batch with one event."""
        event = {
            **_EVENTS[what],
            "email": about.recipient,
            "timestamp": int(about.at.timestamp()),
            "sg_event_id": secrets.token_urlsafe(16),
            "sg_message_id": f"{about.vendor_id}.recvd-5c5b8d9b8-2vx7n-1-64C0",
            "category": ["journey"],
            # Custom arguments stand among the event's own keys.
            **({"delivery_id": about.delivery_id} if about.delivery_id else {}),
        }
        return self.sign(json.dumps([event]).encode(), int(about.at.timestamp()))

    def sign(self, body: bytes, timestamp: int) -> Signed:
        """Any body, signed at a time in seconds since 1970."""
        signature = self._key.sign(str(timestamp).encode() + body, ec.ECDSA(SHA256()))
        headers = {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": str(timestamp),
        }
        return Signed(headers, body)
