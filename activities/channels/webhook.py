"""A signed webhook: what a step says, as JSON to a service of our own, by the Standard Webhooks specification.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import AfterValidator, SecretStr

from activities.channels.answers import REFUSED, STOPPED, Meaning, Retry, asked_to_wait, failure
from activities.channels.fields import check_text
from activities.channels.http import BaseUrl, HttpProvider
from activities.channels.model import AddressKind, OutcomeUnknown, OutgoingMessage
from content.rendering import Rendered

_PREFIX = "whsec_"

_STATUSES: dict[int, Meaning] = {
    **dict.fromkeys((400, 409, 413, 415, 422), REFUSED),  # this message, as the service sees it
    **dict.fromkeys((401, 403, 404, 405), STOPPED),
    410: STOPPED,  # by the specification: nobody listens there any more
    408: Retry(),
    425: Retry(),
    429: Retry(timedelta(minutes=1), everyone=True),
    503: Retry(timedelta(minutes=1), everyone=True),
}


def _is_key(secret: SecretStr) -> SecretStr:
    if not 24 <= len(_key(secret)) <= 64:
        raise ValueError("a secret is 'whsec_' and 24 to 64 bytes in base64: whsec_$(openssl rand -base64 32)")
    return secret


def _key(secret: SecretStr) -> bytes:
    prefix, marked, text = secret.get_secret_value().partition(_PREFIX)
    try:
        return base64.b64decode(text, validate=True) if marked and not prefix else b""
    except binascii.Error:
        return b""


class Webhook(HttpProvider):
    """Settings: who is called, and the secret that both sides know."""

    channel: ClassVar[str] = "webhook"
    provider: ClassVar[str] = "webhook"
    address_kind: ClassVar[AddressKind] = "customer"

    url: BaseUrl
    secret: Annotated[SecretStr, AfterValidator(_is_key)]

    def prepare(self, rendered: Rendered, recipient: str, delivery_id: str) -> OutgoingMessage:
        """Make the body: the content's fields, whatever they are, about one customer. Raises Refused for text
        that no JSON has."""
        check_text(rendered)
        body = {
            "type": f"journey.{rendered.content}",
            "data": {"delivery_id": delivery_id, "customer_id": recipient, "fields": rendered.fields},
        }
        return OutgoingMessage(channel=self.channel, provider=self.provider, recipient=recipient, body=body)

    async def send(self, message: OutgoingMessage, delivery_id: str) -> str:
        """Call, and give the delivery's own id, by which the service can tell a repeated call."""
        now = datetime.now(UTC)
        content = json.dumps({**message.body, "timestamp": now.isoformat()}, ensure_ascii=False).encode()
        headers = {"content-type": "application/json", **self._signed(delivery_id, int(now.timestamp()), content)}
        answer = await self.post(self.url, headers, content=content)
        if answer.is_success:
            return delivery_id
        meaning = _STATUSES.get(answer.status_code)
        code = f"http_{answer.status_code}"
        if meaning is not None:
            wait = asked_to_wait(answer.headers.get("Retry-After"))
            raise failure(meaning, f"webhook.{code}", f"the service answered {answer.status_code}", "", wait)
        if answer.is_redirect:
            raise failure(STOPPED, f"webhook.{code}", "the service has moved; calls follow no redirect", "")
        raise OutcomeUnknown(f"webhook.{code}", f"the service answered {answer.status_code}")

    def _signed(self, delivery_id: str, timestamp: int, content: bytes) -> dict[str, str]:
        signed = f"{delivery_id}.{timestamp}.".encode() + content
        signature = base64.b64encode(hmac.digest(_key(self.secret), signed, "sha256")).decode()
        return {
            "webhook-id": delivery_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": f"v1,{signature}",
        }
