"""Meta's webhooks for WhatsApp: batches signed with HMAC-SHA256 over the body."""

import hmac
import json
import re
import secrets
from typing import Any, ClassVar

from sandbox.callbacks.model import About, Caller, Signed

_REFUSED = {"code": 131049, "title": "Not delivered", "error_data": {"details": "healthy ecosystem engagement"}}
_OPTED_OUT = {"code": 131050, "title": "User stopped marketing", "error_data": {"details": "opted out"}}
_STATUSES: dict[str, dict[str, Any]] = {
    "accepted": {"status": "sent"},
    "delivered": {"status": "delivered"},
    "opened": {"status": "read"},
    "failed": {"status": "failed", "errors": [_REFUSED]},
    "unsubscribed by an error": {"status": "failed", "errors": [_OPTED_OUT]},
    "something new": {"status": "pondered"},
}
_MESSAGES: dict[str, dict[str, Any]] = {
    "replied": {"type": "text", "text": {"body": "Yes please"}},
    "replied with a button": {"type": "button", "button": {"payload": "KEEP", "text": "Keep it for me"}},
    "unsubscribed": {"type": "button", "button": {"payload": "STOP", "text": "Stop promotions"}},
}
_NEW_NUMBER = "4915199900011"
_NEW_USER_ID = "DE.20000000000000000001"


class WhatsAppCaller(Caller):
    """Signs with the app's secret, and knows the word by which it checks an address."""

    vendor: ClassVar[str] = "whatsapp"
    tells: ClassVar[tuple[str, ...]] = (*_STATUSES, *_MESSAGES, "resubscribed", "moved")

    def __init__(self, phone_number_id: str) -> None:
        self._phone_number_id = phone_number_id
        self._app_secret = secrets.token_hex(16)
        self._verify_token = secrets.token_urlsafe(24)

    def settings(self) -> dict[str, Any]:
        return {"app_secret": self._app_secret, "verify_token": self._verify_token}

    def check(self, challenge: str) -> dict[str, str]:
        """The query with which Meta checks an address; it wants the challenge back."""
        return {
            "hub.mode": "subscribe",
            "hub.verify_token": self._verify_token,
            "hub.challenge": challenge,
        }

    def call(self, url: str, what: str, about: About) -> Signed:
        """A batch with one status, one message or one wish."""
        person, time = _Person(about.recipient), str(int(about.at.timestamp()))
        field, told = "messages", dict[str, Any]()
        if what == "resubscribed":
            wish = {"category": "marketing_messages", "value": "resume", "timestamp": int(time)}
            wish |= person.named("wa_id", "user_id")
            field, told = "user_preferences", {"user_preferences": [wish]}
        elif what == "moved":
            told = {"messages": [_moved(person, time)]}
        elif what in _MESSAGES:
            told = {"messages": [_message(about, person, time) | _MESSAGES[what]]}
        else:
            told = {"statuses": [_status(about, person, time) | _STATUSES[what]]}
        metadata = {"display_phone_number": "15550001111", "phone_number_id": self._phone_number_id}
        value = {"messaging_product": "whatsapp", "metadata": metadata, **told}
        entry = {"id": "102290129340398", "changes": [{"field": field, "value": value}]}
        return self.sign(json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode())

    def sign(self, body: bytes) -> Signed:
        """Any body, signed."""
        digest = hmac.digest(self._app_secret.encode(), body, "sha256").hex()
        return Signed({"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={digest}"}, body)


class _Person:
    """Whom Meta tells of: by the phone number, or by the user id alone where the number is hidden."""

    def __init__(self, recipient: str) -> None:
        self._hidden = recipient[:1].isalpha()
        self._known_as = recipient if self._hidden else re.sub(r"\D", "", recipient)

    @property
    def changes(self) -> dict[str, str]:
        """What Meta says of them when they take another number: that too, unless it is hidden."""
        if self._hidden:
            before = {"type": "user_changed_user_id", "previous_user_id": self._known_as}
            return {**before, "user_id": _NEW_USER_ID}
        return {"type": "user_changed_number", "wa_id": _NEW_NUMBER, "user_id": _NEW_USER_ID}

    def named(self, number: str, user_id: str) -> dict[str, str]:
        """The field that names them, of the two."""
        return {user_id if self._hidden else number: self._known_as}


def _status(about: About, person: _Person, time: str) -> dict[str, Any]:
    echoed = {"biz_opaque_callback_data": about.delivery_id} if about.delivery_id else {}
    named = person.named("recipient_id", "recipient_user_id")
    return {"id": about.vendor_id, "timestamp": time, **named, **echoed}


def _moved(person: _Person, time: str) -> dict[str, Any]:
    named = person.named("from", "from_user_id")
    return {"id": _wamid(), "timestamp": time, "type": "system", **named, "system": person.changes}


def _message(about: About, person: _Person, time: str) -> dict[str, Any]:
    answered = {"context": {"from": "15550001111", "id": about.vendor_id}} if about.vendor_id else {}
    named = person.named("from", "from_user_id")
    return {"id": _wamid(), "timestamp": time, **named, **answered}


def _wamid() -> str:
    return f"wamid.{secrets.token_urlsafe(36)}"
