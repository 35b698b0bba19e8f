"""Push to browsers: RFC 8030, encrypted for the one browser that subscribed, signed with the shop's key."""

import hashlib
import json
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar
from urllib.parse import SplitResult, urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from pydantic import BaseModel, Field, SecretStr, field_validator

from activities.channels.answers import (
    DEAD_ADDRESS,
    WRONG_CONTENT,
    WRONG_SETUP,
    Meaning,
    Retry,
    asked_to_wait,
    failure,
)
from activities.channels.fields import read_fields
from activities.channels.http import HttpProvider
from activities.channels.model import AddressKind, OutcomeUnknown, OutgoingMessage, Refused, SendError
from activities.channels.web_push_crypto import (
    authorization,
    check_browser_key,
    encrypt,
    from_base64url,
    sender_key,
)
from content.rendering import Rendered
from content.shapes import WebPushFields
from journeys.times import Duration

_MOST_BYTES = 3993
"""A body has at most 4096 bytes; the encryption takes the rest."""
_LONGEST_LIFE = timedelta(days=28)

# The push services of the browsers. An endpoint comes from a browser, so that anyone could name any host.
_SERVICES = ("fcm.googleapis.com", "web.push.apple.com")
_SERVICE_DOMAINS = (".push.services.mozilla.com", ".push.apple.com", ".notify.windows.com")

# https://www.rfc-editor.org/rfc/rfc8030 and what the browsers' services document.
_STATUSES: dict[int, Meaning] = {
    **dict.fromkeys((400, 401, 403), WRONG_SETUP),
    **dict.fromkeys((404, 410), DEAD_ADDRESS),
    413: WRONG_CONTENT,
    429: Retry(timedelta(minutes=1)),
    **dict.fromkeys((500, 503), Retry(timedelta(minutes=1))),
}
_TAKEN = (201, 202)


class WebPush(HttpProvider):
    """Settings: the shop's VAPID key, whom a push service may write to, and how long a message waits."""

    channel: ClassVar[str] = "web_push"
    provider: ClassVar[str] = "web_push"
    address_kind: ClassVar[AddressKind] = "web_push"

    private_key: SecretStr
    """32 bytes in base64url, as `web-push generate-vapid-keys` prints them."""
    contact: str = Field(pattern=r"^(mailto:[^\s@]+@[^\s@]+|https://\S+)$")
    keep_for: Duration = timedelta(days=1)
    """How long the push service keeps a message for a browser that is closed."""
    local_service: Annotated[str, Field(pattern=r"^(http://127\.0\.0\.1:[0-9]+)?$")] = ""
    """A push service on this machine to trust beside those of the browsers, such as the sandbox's."""

    @field_validator("private_key")
    @classmethod
    def _usable(cls, key: SecretStr) -> SecretStr:
        sender_key(key.get_secret_value())
        return key

    @field_validator("keep_for")
    @classmethod
    def _not_for_ever(cls, keep_for: timedelta) -> timedelta:
        if not timedelta() <= keep_for <= _LONGEST_LIFE:
            raise ValueError(f"push services keep a message for at most {_LONGEST_LIFE.days} days")
        return keep_for

    def prepare(self, rendered: Rendered, recipient: str, delivery_id: str) -> OutgoingMessage:
        """Make what the browser will show. Raises Refused for a subscription that is none, or too much text."""
        endpoint = self._subscription(recipient).endpoint
        fields = read_fields(WebPushFields, rendered)
        shown = {"title": fields.title, "body": fields.body, "url": fields.url, "delivery_id": delivery_id}
        size = len(_written(shown))
        if size > _MOST_BYTES:
            reason = f"title, body and url take {size} bytes; a push service takes {_MOST_BYTES}"
            raise Refused("web_push.too_large", reason, "fix_content")
        body = {
            "endpoint": endpoint,
            "shown": shown,
            "ttl": int(self.keep_for.total_seconds()),
            # Of two messages with one topic the service keeps the newer, so a duplicate replaces the first.
            "topic": hashlib.sha256(delivery_id.encode()).hexdigest()[:32],
        }
        return OutgoingMessage(channel=self.channel, provider=self.provider, recipient=recipient, body=body)

    async def send(self, message: OutgoingMessage, delivery_id: str) -> str:
        """Encrypt and send, and give the URL of the message at the push service, or its topic when it has none."""
        subscription, body = self._subscription(message.recipient), message.body
        headers = {
            "Authorization": authorization(self._key, subscription.endpoint, self.contact),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(body["ttl"]),
            "Topic": body["topic"],
            "Urgency": "normal",
        }
        content = encrypt(_written(body["shown"]), subscription.browser_key, subscription.auth)
        answer = await self.post(subscription.endpoint, headers, content=content)
        if answer.status_code in _TAKEN or (answer.is_success and "Location" in answer.headers):
            return answer.headers.get("Location", body["topic"])
        raise self._error(answer, subscription.endpoint)

    @cached_property
    def _key(self) -> EllipticCurvePrivateKey:
        return sender_key(self.private_key.get_secret_value())

    def _subscription(self, recipient: str) -> "_Subscription":
        """The subscription that a browser gave. Raises Refused when it is none, or leads elsewhere."""
        try:
            subscription = _Subscription.model_validate_json(recipient)
            trusted = self._trusts(urlsplit(subscription.endpoint))
        except ValueError as error:
            reason = "this is not a push subscription"
            raise Refused("web_push.bad_subscription", reason, "deactivate_address") from error
        if not trusted:
            reason = "the endpoint is not at a browser's push service"
            raise Refused("web_push.unknown_service", reason, "deactivate_address")
        return subscription

    def _trusts(self, endpoint: SplitResult) -> bool:
        if self.local_service and f"{endpoint.scheme}://{endpoint.netloc}" == self.local_service:
            return True
        host = endpoint.netloc.lower()
        return endpoint.scheme == "https" and (host in _SERVICES or host.endswith(_SERVICE_DOMAINS))

    def _error(self, answer: httpx.Response, endpoint: str) -> SendError:
        meaning = _STATUSES.get(answer.status_code)
        if answer.is_success:
            return OutcomeUnknown(
                "web_push.no_answer", f"HTTP {answer.status_code} is no answer of a push service"
            )
        if meaning is None:
            return self.unexplained(answer, f"http_{answer.status_code}", "")
        wait = asked_to_wait(answer.headers.get("Retry-After"))
        return failure(meaning, f"web_push.{answer.status_code}", answer.text, endpoint, wait)


class _Keys(BaseModel):
    p256dh: str
    auth: str

    @field_validator("p256dh")
    @classmethod
    def _a_key(cls, key: str) -> str:
        check_browser_key(from_base64url(key, 65))
        return key

    @field_validator("auth")
    @classmethod
    def _a_secret(cls, auth: str) -> str:
        from_base64url(auth, 16)
        return auth


class _Subscription(BaseModel):
    """What `PushSubscription.toJSON()` gives in a browser."""

    endpoint: str = Field(pattern=r"^https?://[!-~]+$", max_length=2000)
    keys: _Keys

    @property
    def browser_key(self) -> bytes:
        return from_base64url(self.keys.p256dh, 65)

    @property
    def auth(self) -> bytes:
        return from_base64url(self.keys.auth, 16)


def _written(shown: dict[str, Any]) -> bytes:
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()
