"""Push over Firebase Cloud Messaging, HTTP v1."""

import json
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar, NamedTuple

import httpx
from pydantic import BaseModel, BeforeValidator, Field

from activities.channels.answers import (
    DEAD_ADDRESS,
    STOPPED,
    WRONG_CONTENT,
    WRONG_SETUP,
    Meaning,
    Retry,
    asked_to_wait,
    failure,
)
from activities.channels.fields import read_fields
from activities.channels.google_auth import AccessTokens, ServiceAccount, read_service_account
from activities.channels.http import BaseUrl, HttpProvider, bearer, read_answer
from activities.channels.model import AddressKind, OutcomeUnknown, OutgoingMessage, Refused, SendError
from content.rendering import Rendered
from content.shapes import PushFields

_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_LONGEST_TOKEN = 4096
_MOST_BYTES = 4096
_RESERVED_KEYS = ("from", "message_type")
_RESERVED_PREFIXES = ("google", "gcm")

# https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode
_FCM_ERRORS: dict[str, Meaning] = {
    "UNREGISTERED": DEAD_ADDRESS,
    "INVALID_ARGUMENT": DEAD_ADDRESS,
    "SENDER_ID_MISMATCH": DEAD_ADDRESS,
    "QUOTA_EXCEEDED": Retry(timedelta(seconds=60), everyone=True),
    "UNAVAILABLE": Retry(everyone=True),
    "INTERNAL": Retry(),
    "THIRD_PARTY_AUTH_ERROR": WRONG_SETUP,  # the key for Apple or the browsers; the other devices are reached
    "UNSPECIFIED_ERROR": Retry(),
}
# What Google says before the message reaches FCM. A wrong project gives NOT_FOUND: no fault of the address.
_GOOGLE_ERRORS: dict[str, Meaning] = {
    "UNAUTHENTICATED": STOPPED,
    "PERMISSION_DENIED": STOPPED,
    "NOT_FOUND": STOPPED,
    "INVALID_ARGUMENT": WRONG_CONTENT,
    "RESOURCE_EXHAUSTED": Retry(timedelta(seconds=60), everyone=True),
    "UNAVAILABLE": Retry(everyone=True),
    "INTERNAL": Retry(),
}


class Fcm(HttpProvider):
    """Settings: the service account's key file, and where the API is."""

    channel: ClassVar[str] = "push"
    provider: ClassVar[str] = "fcm"
    address_kind: ClassVar[AddressKind] = "push_token"

    service_account: Annotated[ServiceAccount, BeforeValidator(read_service_account)]
    url: BaseUrl = "https://fcm.googleapis.com"

    def prepare(self, rendered: Rendered, recipient: str, delivery_id: str) -> OutgoingMessage:
        """Make the `message` of an FCM request. Raises Refused for what FCM would never take."""
        if not 0 < len(recipient) <= _LONGEST_TOKEN or not recipient.isascii() or not recipient.isprintable():
            raise Refused("fcm.bad_token", "this is not a registration token", "deactivate_address")
        fields = read_fields(PushFields, rendered)
        shown = {"title": fields.title, "body": fields.body}
        data = _allowed(fields.data) | {"delivery_id": delivery_id}
        size = len(json.dumps({"notification": shown, "data": data}, ensure_ascii=False).encode())
        if size > _MOST_BYTES:
            reason = f"title, body and data take {size} bytes; FCM takes {_MOST_BYTES}"
            raise Refused("fcm.too_large", reason, "fix_content")
        # The same tag replaces what is shown, so a duplicate is not seen twice. No collapseKey: FCM keeps only
        # four different ones for a device that is offline, and would drop other messages.
        message: dict[str, Any] = {
            "token": recipient,
            "notification": shown,
            "data": data,
            "android": {"notification": {"tag": delivery_id}},
            "apns": {"headers": {"apns-collapse-id": delivery_id}},
        }
        return OutgoingMessage(
            channel=self.channel, provider=self.provider, recipient=recipient, body={"message": message}
        )

    async def send(self, message: OutgoingMessage, delivery_id: str) -> str:
        """Send, and give FCM's name for the message. A token Google no longer takes is renewed once."""
        answer = await self._post(message)
        if _Failure.of(answer).stale_token:
            answer = await self._post(message)
        if not answer.is_success:
            raise self._error(answer, message.recipient)
        sent = read_answer(_Sent, answer)
        if sent is None:
            raise OutcomeUnknown("fcm.no_name", "FCM said yes but gave no message name")
        return sent.name

    @cached_property
    def _tokens(self) -> AccessTokens:
        return AccessTokens(self.service_account, _SCOPE, self.client, self.provider)

    async def _post(self, message: OutgoingMessage) -> httpx.Response:
        token = await self._tokens.get()
        url = f"{self.url}/v1/projects/{self.service_account.project_id}/messages:send"
        answer = await self.post(url, bearer(token), json=message.body)
        if answer.status_code == 401:
            self._tokens.forget(token)
        return answer

    def _error(self, answer: httpx.Response, recipient: str) -> SendError:
        told = _Failure.of(answer)
        meaning = (_FCM_ERRORS if told.by_fcm else _GOOGLE_ERRORS).get(told.code)
        if meaning is None:
            return self.unexplained(answer, told.code or f"http_{answer.status_code}", "")
        wait = asked_to_wait(answer.headers.get("Retry-After"))
        return failure(meaning, f"fcm.{told.code}", told.message, recipient, wait)


class _Sent(BaseModel):
    name: str = Field(min_length=1)


class _Detail(BaseModel):
    type_: str = Field(alias="@type")
    error_code: str = Field(default="", alias="errorCode")


class _Error(BaseModel):
    message: str = ""
    status: str = ""
    details: tuple[_Detail, ...] = ()


class _ErrorAnswer(BaseModel):
    error: _Error


class _Failure(NamedTuple):
    """Why it was refused, and whether FCM itself says so rather than Google's front."""

    code: str = ""
    message: str = ""
    by_fcm: bool = False

    @classmethod
    def of(cls, answer: httpx.Response) -> "_Failure":
        read = None if answer.is_success else read_answer(_ErrorAnswer, answer)
        if read is None:
            return cls()
        details = {d.type_.rpartition(".")[2]: d for d in read.error.details}
        # With field violations, INVALID_ARGUMENT is about our request and not about the token.
        if "FcmError" in details and "BadRequest" not in details:
            return cls(details["FcmError"].error_code, read.error.message, by_fcm=True)
        return cls(read.error.status, read.error.message)

    @property
    def stale_token(self) -> bool:
        return self.code == "UNAUTHENTICATED" and not self.by_fcm


def _allowed(data: dict[str, str]) -> dict[str, str]:
    """The data, unless it has a key that FCM keeps for itself, which raises Refused."""
    for key in data:
        if key in _RESERVED_KEYS or key.startswith(_RESERVED_PREFIXES):
            raise Refused("fcm.reserved_key", f"FCM keeps the data key '{key}' for itself", "fix_content")
    return data
