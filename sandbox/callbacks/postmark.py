"""Postmark's webhooks: JSON behind a name and a password."""

import base64
import json
import secrets
from typing import Any, ClassVar

from sandbox.callbacks.model import About, Caller, Signed

_BOUNCE = {"RecordType": "Bounce", "Inactive": False, "CanActivate": True, "DumpAvailable": False}
_RECORDS: dict[str, dict[str, Any]] = {
    "delivered": {"RecordType": "Delivery", "Details": "250 OK"},
    "deferred": {**_BOUNCE, "Type": "Transient", "TypeCode": 2},
    "bounced hard": {**_BOUNCE, "Type": "HardBounce", "TypeCode": 1, "Inactive": True},
    "bounced soft": {**_BOUNCE, "Type": "SoftBounce", "TypeCode": 4096},
    "complained": {**_BOUNCE, "RecordType": "SpamComplaint", "Type": "SpamComplaint", "TypeCode": 100001},
    "opened": {"RecordType": "Open", "FirstOpen": True, "UserAgent": "Mozilla/5.0 (X11; Linux x86_64)"},
    "clicked": {"RecordType": "Click", "ClickLocation": "HTML", "OriginalLink": "https://northwind.example/p/1"},
    "unsubscribed": {"RecordType": "SubscriptionChange", "Origin": "Recipient", "SuppressSending": True},
    "resubscribed": {"RecordType": "SubscriptionChange", "Origin": "Recipient", "SuppressSending": False},
    "something new": {"RecordType": "Forecast"},
}
_TIMES = {
    "Delivery": "DeliveredAt",
    "Bounce": "BouncedAt",
    "SpamComplaint": "BouncedAt",
    "Open": "ReceivedAt",
    "Click": "ReceivedAt",
    "SubscriptionChange": "ChangedAt",
}


class PostmarkCaller(Caller):
    """Knows the name and the password that stand in the address."""

    vendor: ClassVar[str] = "postmark"
    tells: ClassVar[tuple[str, ...]] = (*_RECORDS, "replied")

    def __init__(self) -> None:
        self._password = secrets.token_urlsafe(24)

    def settings(self) -> dict[str, Any]:
        return {"username": "postmark", "password": self._password}

    def call(self, url: str, what: str, about: About) -> Signed:
        """One record."""
        record = _inbound(about) if what == "replied" else _record(_RECORDS[what], about)
        credentials = base64.b64encode(f"postmark:{self._password}".encode()).decode()
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {credentials}"}
        return Signed(headers, json.dumps(record).encode())


def _record(kind: dict[str, Any], about: About) -> dict[str, Any]:
    name = str(kind["RecordType"])
    numbered = {"ID": secrets.randbelow(10**12)} if name in ("Bounce", "SpamComplaint") else {}
    who = "Email" if name in ("Bounce", "SpamComplaint") else "Recipient"
    return {
        **kind,
        **numbered,
        who: about.recipient,
        "MessageID": about.vendor_id,
        "MessageStream": "outbound",
        "Metadata": {"delivery_id": about.delivery_id} if about.delivery_id else {},
        _TIMES.get(name, "At"): about.at.isoformat(),
    }


def _inbound(about: About) -> dict[str, Any]:
    return {
        "MessageID": secrets.token_hex(16),
        "From": about.recipient,
        "To": "hello@mail.northwind.example",
        "Subject": "Re: hello",
        "TextBody": "Yes please\n\nOn Monday you wrote: hello",
        "StrippedTextReply": "Yes please",
        "Headers": [{"Name": "In-Reply-To", "Value": f"<{about.delivery_id}@mail.northwind.example>"}],
    }
