"""Meta's webhooks for the WhatsApp Cloud API: statuses, messages that come in, and wishes about marketing.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, Field, JsonValue, SecretStr

from starter.webhooks.model import Call, Forged, Report, Secrets, Told, Unknown, Vendor, moment, read_as, read_item
from starter.webhooks.wishes import wish_in

_TOLD: dict[str, Told] = {
    "sent": "accepted",
    "delivered": "delivered",
    "read": "opened",
    "played": "opened",
    "failed": "failed",
}
# https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
_STOPPED_MARKETING = 131050
_MOVED = ("user_changed_number", "user_changed_user_id")
_CLASSES = {
    131026: "undeliverable",
    131047: "window_closed",
    131049: "marketing_limit",
    130472: "experiment",
    _STOPPED_MARKETING: "opted_out",
}


class WhatsApp(Vendor):
    """Settings: the app's secret, which Meta signs with, and the word by which it checks the address."""

    vendor: ClassVar[str] = "whatsapp"
    channel: ClassVar[str] = "whatsapp"

    app_secret: Secrets
    verify_token: SecretStr = Field(min_length=8)

    async def verify(self, call: Call) -> None:
        """HMAC-SHA256 over the raw body. Raises Forged."""
        given = call.header("x-hub-signature-256").encode()
        expected = [
            b"sha256=" + hmac.digest(secret.get_secret_value().encode(), call.body, "sha256").hex().encode()
            for secret in self.app_secret
        ]
        if not any(hmac.compare_digest(given, one) for one in expected):
            raise Forged("the signature is not Meta's")

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """What Meta wants to hear back when it checks the address with the right word."""
        word = query.get("hub.verify_token", "").encode()
        right = hmac.compare_digest(word, self.verify_token.get_secret_value().encode())
        return query.get("hub.challenge") if right and query.get("hub.mode") == "subscribe" else None

    def read(self, call: Call) -> Sequence[Report | Unknown]:
        """Everything in a batch. Raises Unreadable."""
        changes = [change for entry in read_as(_Envelope, call.body).entry for change in entry.changes]
        return [said for change in changes for said in _read(change)]


class _ErrorDetail(BaseModel):
    code: int
    title: str = ""


class _Status(BaseModel):
    id: str = Field(min_length=1)
    status: str
    timestamp: int
    recipient_id: str = ""
    recipient_user_id: str = ""
    biz_opaque_callback_data: str = ""
    errors: list[_ErrorDetail] = Field(default_factory=list[_ErrorDetail])


class _Context(BaseModel):
    id: str = ""


class _Text(BaseModel):
    body: str = ""


class _Button(BaseModel):
    payload: str = ""
    text: str = ""


class _Choice(BaseModel):
    id: str = ""
    title: str = ""


class _Interactive(BaseModel):
    button_reply: _Choice | None = None
    list_reply: _Choice | None = None


class _Reaction(BaseModel):
    message_id: str = ""
    emoji: str = ""


class _System(BaseModel):
    """That someone's number or id on WhatsApp has changed; with the number always the id does.
    https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/system"""

    type: str = ""
    wa_id: str = ""
    """The new number; missing where Meta keeps it to itself."""
    user_id: str = ""
    previous_user_id: str = ""


class _Message(BaseModel):
    id: str = Field(min_length=1)
    sender: str = Field(default="", alias="from")
    """Missing for whoever has a user name and shows no number."""
    from_user_id: str = ""
    timestamp: int
    type: str
    context: _Context = _Context()
    text: _Text = _Text()
    button: _Button = _Button()
    interactive: _Interactive = _Interactive()
    reaction: _Reaction = _Reaction()
    system: _System = _System()


class _Preference(BaseModel):
    wa_id: str = ""
    user_id: str = ""
    category: str = ""
    value: str
    timestamp: int


class _Value(BaseModel):
    statuses: list[_Status] = Field(default_factory=list[_Status])
    messages: list[_Message] = Field(default_factory=list[_Message])
    user_preferences: list[_Preference] = Field(default_factory=list[_Preference])


class _Change(BaseModel):
    field: str
    value: JsonValue


class _Entry(BaseModel):
    changes: list[_Change] = Field(default_factory=list[_Change])


class _Envelope(BaseModel):
    entry: list[_Entry]


def _read(change: _Change) -> Iterator[Report | Unknown]:
    if change.field not in ("messages", "user_preferences"):
        yield Unknown(change.field)
        return
    value = read_item(_Value, change.value, change.field)
    if isinstance(value, Unknown):
        yield value
        return
    for status in value.statuses:
        yield from _status(status)
    for message in value.messages:
        yield from _message(message)
    for preference in value.user_preferences:
        yield from _preference(preference)


def _status(status: _Status) -> Iterator[Report | Unknown]:
    told = _TOLD.get(status.status)
    if told is None:
        yield Unknown(f"status {status.status}")
        return
    code = status.errors[0].code if status.errors else 0
    details = {"code": str(code), "class": _CLASSES.get(code, "other")} if told == "failed" else {}
    about = Report(
        id=f"{status.id}-{status.status}",
        told=told,
        at=moment(status.timestamp),
        delivery_id=status.biz_opaque_callback_data,
        provider_id=status.id,
        address=_number(status.recipient_id),
        user_id=status.recipient_user_id,
        details=details,
    )
    yield about
    if told == "failed" and code == _STOPPED_MARKETING:
        yield about.model_copy(update={"id": f"{status.id}-opted-out", "told": "unsubscribed", "details": {}})


def _message(message: _Message) -> Iterator[Report | Unknown]:
    if message.type == "system":
        yield _moved(message)
        return
    if message.type == "unsupported":
        yield Unknown("message unsupported")
        return
    choice = message.interactive.button_reply or message.interactive.list_reply or _Choice()
    said: dict[str, Any] = {
        "kind": message.type,
        "text": message.text.body or message.button.text or choice.title or message.reaction.emoji,
        "button": message.button.payload or choice.id,
    }
    about = Report(
        id=message.id,
        told="replied",
        at=moment(message.timestamp),
        provider_id=message.context.id or message.reaction.message_id,
        address=_number(message.sender),
        user_id=message.from_user_id,
        details={name: value for name, value in said.items() if value},
    )
    yield about
    wish = wish_in(message.button.payload) or wish_in(str(said["text"]))
    if wish:
        yield about.model_copy(update={"id": f"{message.id}-{wish}", "told": wish, "details": {}})


def _moved(message: _Message) -> Report | Unknown:
    system = message.system
    if system.type not in _MOVED or not (system.wa_id or system.user_id):
        return Unknown(f"message system {system.type}".rstrip())
    return Report(
        id=message.id,
        told="moved",
        at=moment(message.timestamp),
        address=_number(message.sender),
        user_id=system.previous_user_id or message.from_user_id,
        moved_to=_number(system.wa_id),
        moved_to_id=system.user_id,
    )


def _preference(preference: _Preference) -> Iterator[Report | Unknown]:
    wishes: dict[str, Told] = {"stop": "unsubscribed", "resume": "resubscribed"}
    wish = wishes.get(preference.value)
    if wish is None:
        yield Unknown(f"user_preferences {preference.value}")
        return
    yield Report(
        id=f"{preference.wa_id or preference.user_id}-{preference.value}-{preference.timestamp}",
        told=wish,
        at=moment(preference.timestamp),
        address=_number(preference.wa_id),
        user_id=preference.user_id,
    )


def _number(wa_id: str) -> str:
    """Meta writes E.164 without the plus sign."""
    return f"+{wa_id.removeprefix('+')}" if wa_id else ""
