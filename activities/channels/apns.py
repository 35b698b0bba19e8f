"""Push to Apple's devices over the Apple Push Notification service, HTTP/2."""

import json
import re
import time
import uuid
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr

from activities.channels.answers import (
    DEAD_ADDRESS,
    STOPPED,
    WRONG_CONTENT,
    Meaning,
    Retry,
    asked_to_wait,
    failure,
)
from activities.channels.fields import read_fields
from activities.channels.http import BaseUrl, HttpProvider, bearer, read_answer
from activities.channels.model import AddressKind, OutcomeUnknown, OutgoingMessage, Refused, SendError
from content.rendering import Rendered
from content.shapes import PushFields

_TOKEN = re.compile(r"(?:[0-9a-fA-F]{2}){32,100}")
_MOST_BYTES = 4096
_NEW_TOKEN_SECONDS = 40 * 60
"""Apple refuses a provider token that is over an hour old, and one that is renewed within 20 minutes."""
_EXPIRED = "ExpiredProviderToken"

# https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns
_ERRORS: dict[str, Meaning] = {
    **dict.fromkeys(("BadDeviceToken", "DeviceTokenNotForTopic", "Unregistered", "ExpiredToken"), DEAD_ADDRESS),
    **dict.fromkeys(("BadCertificate", "BadCertificateEnvironment", "Forbidden", _EXPIRED), STOPPED),
    **dict.fromkeys(("InvalidProviderToken", "MissingProviderToken"), STOPPED),
    **dict.fromkeys(("UnrelatedKeyIdInToken", "BadEnvironmentKeyIdInToken"), STOPPED),
    **dict.fromkeys(("BadTopic", "MissingTopic", "TopicDisallowed", "BadPath", "MethodNotAllowed"), STOPPED),
    **dict.fromkeys(("BadCollapseId", "BadExpirationDate", "BadMessageId", "BadPriority"), WRONG_CONTENT),
    **dict.fromkeys(("DuplicateHeaders", "InvalidPushType", "MissingDeviceToken"), WRONG_CONTENT),
    **dict.fromkeys(("PayloadEmpty", "PayloadTooLarge"), WRONG_CONTENT),
    **dict.fromkeys(
        ("IdleTimeout", "InternalServerError", "ServiceUnavailable", "Shutdown"), Retry(everyone=True)
    ),
    "TooManyRequests": Retry(timedelta(minutes=1)),
    "TooManyProviderTokenUpdates": Retry(timedelta(minutes=20), everyone=True),
}


def _read_key(file: object) -> object:
    """The text of a key file. Raises ValueError when it cannot be read."""
    try:
        return Path(file).read_text(encoding="ascii") if isinstance(file, str | Path) else file
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot read the key: {error}") from error


def _is_apples(key: SecretStr) -> SecretStr:
    try:
        loaded = load_pem_private_key(key.get_secret_value().encode(), password=None)
    except (ValueError, TypeError) as error:
        raise ValueError("this is not a .p8 key as Apple gives it") from error
    if not isinstance(loaded, EllipticCurvePrivateKey) or not isinstance(loaded.curve, SECP256R1):
        raise ValueError("this is a key of another kind than Apple's")
    return key


class Apns(HttpProvider):
    """Settings: the .p8 key with its id, the team it is of, and the app it sends to."""

    channel: ClassVar[str] = "push"
    provider: ClassVar[str] = "apns"
    address_kind: ClassVar[AddressKind] = "push_token"
    http2: ClassVar[bool] = True

    key_file: Annotated[SecretStr, BeforeValidator(_read_key), AfterValidator(_is_apples)]
    key_id: str = Field(pattern=r"^[A-Z0-9]{10}$")
    team_id: str = Field(pattern=r"^[A-Z0-9]{10}$")
    bundle_id: str = Field(pattern=r"^[A-Za-z0-9.-]{1,155}$")
    url: BaseUrl = "https://api.push.apple.com"
    """`https://api.sandbox.push.apple.com` for apps that are still developed."""

    def prepare(self, rendered: Rendered, recipient: str, delivery_id: str) -> OutgoingMessage:
        """Make headers and payload of a notification. Raises Refused for what APNs would never take."""
        if not _TOKEN.fullmatch(recipient):
            raise Refused("apns.bad_token", "this is not a device token", "deactivate_address")
        fields = read_fields(PushFields, rendered)
        if "aps" in fields.data:
            raise Refused("apns.reserved_key", "Apple keeps the data key 'aps' for itself", "fix_content")
        alert = {"title": fields.title, "body": fields.body}
        payload = {"aps": {"alert": alert, "sound": "default"}, **fields.data, "delivery_id": delivery_id}
        size = len(_as_json(payload))
        if size > _MOST_BYTES:
            raise Refused(
                "apns.too_large", f"the payload has {size} bytes; APNs takes {_MOST_BYTES}", "fix_content"
            )
        headers = {
            "apns-id": str(uuid.uuid5(uuid.NAMESPACE_OID, delivery_id)),
            # The same collapse id replaces what is shown: a duplicate is not seen twice.
            "apns-collapse-id": delivery_id,
            "apns-push-type": "alert",
            "apns-priority": "10",
            "apns-topic": self.bundle_id,
        }
        body = {"headers": headers, "payload": payload}
        return OutgoingMessage(channel=self.channel, provider=self.provider, recipient=recipient, body=body)

    async def send(self, message: OutgoingMessage, delivery_id: str) -> str:
        """Send, and give the notification's id. A provider token that Apple takes for too old is renewed once."""
        answer = await self._post(message)
        if _reason(answer) == _EXPIRED:
            self._token.renew()
            answer = await self._post(message)
        if not answer.is_success:
            raise self._error(answer, message.recipient)
        if sent := answer.headers.get("apns-id"):
            return sent
        raise OutcomeUnknown("apns.no_id", "APNs said yes but gave no id")

    @cached_property
    def _token(self) -> "_ProviderToken":
        return _ProviderToken(self.key_file.get_secret_value(), self.key_id, self.team_id)

    async def _post(self, message: OutgoingMessage) -> httpx.Response:
        url = f"{self.url}/3/device/{message.recipient}"
        headers = {**bearer(self._token.text()), **message.body["headers"], "content-type": "application/json"}
        return await self.post(url, headers, content=_as_json(message.body["payload"]))

    def _error(self, answer: httpx.Response, recipient: str) -> SendError:
        reason = _reason(answer)
        meaning = _ERRORS.get(reason)
        if meaning is None:
            return self.unexplained(answer, reason or f"http_{answer.status_code}", "")
        return failure(
            meaning, f"apns.{reason}", reason, recipient, asked_to_wait(answer.headers.get("Retry-After"))
        )


class _ProviderToken:
    """A signed token, used for all requests until it is due to be renewed."""

    def __init__(self, key: str, key_id: str, team_id: str) -> None:
        self._key, self._key_id, self._team_id = key, key_id, team_id
        self._text = ""
        self._good_until = 0.0

    def text(self) -> str:
        """The token that is good now."""
        if time.monotonic() >= self._good_until:
            claims = {"iss": self._team_id, "iat": datetime.now(UTC)}
            self._text = jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": self._key_id})
            self._good_until = time.monotonic() + _NEW_TOKEN_SECONDS
        return self._text

    def renew(self) -> None:
        """Sign anew next time."""
        self._good_until = 0.0


class _Failure(BaseModel):
    reason: str


def _reason(answer: httpx.Response) -> str:
    told = None if answer.is_success else read_answer(_Failure, answer)
    return told.reason if told else ""


def _as_json(payload: dict[str, Any]) -> bytes:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
