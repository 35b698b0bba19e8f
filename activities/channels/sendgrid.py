"""Email over SendGrid's v3 API."""

from datetime import timedelta
from typing import Any, ClassVar

import httpx
from pydantic import BaseModel, Field

from activities.channels import mail
from activities.channels.answers import DEAD_ADDRESS, STOPPED, WRONG_CONTENT, Meaning, Retry, failure, until
from activities.channels.http import BaseUrl, HeaderSecret, HttpProvider, bearer, read_answer
from activities.channels.model import (
    AddressKind,
    OutcomeUnknown,
    OutgoingMessage,
    RetryLater,
    SendError,
    Sought,
)

# https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/responses. An answer of 502
# or 504 comes from a gateway in front of it, and says nothing about the mail.
_ERRORS: dict[int, Meaning] = {
    **dict.fromkeys((400, 413), WRONG_CONTENT),
    **dict.fromkeys((401, 403, 404, 405), STOPPED),  # the key, the sender's identity, the address of the API
    429: Retry(everyone=True),
    500: Retry(everyone=True),
    503: Retry(timedelta(minutes=1), everyone=True),
}
_UNTRACKED: dict[str, Any] = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
}


class SendGrid(mail.MailProvider, HttpProvider):
    """Settings: an API key that may send mail, and who sends."""

    channel: ClassVar[str] = "email"
    provider: ClassVar[str] = "sendgrid"
    address_kind: ClassVar[AddressKind] = "email"

    api_key: HeaderSecret
    vendor_tracking: bool = False
    """Whether SendGrid tracks opens and clicks too, as its account is set, of everybody."""
    url: BaseUrl = "https://api.sendgrid.com"
    """`https://api.eu.sendgrid.com` for accounts in the EU."""

    async def send(self, message: OutgoingMessage, delivery_id: str) -> str:
        """Send, and give SendGrid's message id. It means accepted; a webhook tells whether it arrived."""
        request = self._request(message.body, delivery_id)
        answer = await self.post(f"{self.url}/v3/mail/send", bearer(self.api_key.get_secret_value()), json=request)
        if not answer.is_success:
            raise self._error(answer, message.recipient)
        if sent := answer.headers.get("X-Message-Id"):
            return sent
        raise OutcomeUnknown("sendgrid.no_id", "SendGrid said yes but gave no message id")

    async def search(self, sought: Sought) -> list[str] | None:
        """Ask the Email Activity Feed for messages with the delivery's id as custom argument, which it calls a
        unique one. Accounts have it who bought it, with a key that may read it; it takes six questions a minute.
        https://www.twilio.com/docs/sendgrid/for-developers/sending-email/getting-started-email-activity-api"""
        params = {"limit": "10", "query": f"unique_args['delivery_id']=\"{sought.delivery_id}\""}
        answer = await self.ask(f"{self.url}/v3/messages", bearer(self.api_key.get_secret_value()), **params)
        told = read_answer(_Activity, answer)
        if told is None:
            raise RetryLater("sendgrid.odd_answer", "it says nothing of messages")
        # What follows the first dot tells the servers that the mail went through.
        return [message.msg_id.partition(".")[0] for message in told.messages]

    def _request(self, body: dict[str, Any], delivery_id: str) -> dict[str, Any]:
        sender = mail.sender_address(body["from"])
        content = [{"type": "text/plain", "value": body["text"]}]
        content += [{"type": "text/html", "value": body["html"]}] if body["html"] else []
        # Its own unsubscribe link would take the place of ours, which knows the customer.
        tracking = {"subscription_tracking": {"enable": False}, **({} if self.vendor_tracking else _UNTRACKED)}
        return {
            "personalizations": [{"to": [{"email": body["to"]}]}],
            "from": {"email": sender.addr_spec, "name": sender.display_name},
            "subject": body["subject"],
            "content": content,
            "headers": body["headers"],
            "custom_args": {"delivery_id": delivery_id},
            "tracking_settings": tracking,
        }

    def _error(self, answer: httpx.Response, recipient: str) -> SendError:
        told = read_answer(_Failure, answer)
        meaning = _ERRORS.get(answer.status_code) if told else None
        if told is None or meaning is None:
            return self.unexplained(answer, f"http_{answer.status_code}", "")
        first = told.errors[0]
        if answer.status_code == 400 and (first.field or "").startswith("personalizations.0.to"):
            meaning = DEAD_ADDRESS
        wait = until(answer.headers.get("X-RateLimit-Reset")) if answer.status_code == 429 else None
        return failure(meaning, f"sendgrid.{answer.status_code}", first.message, recipient, wait)


class _Active(BaseModel):
    msg_id: str = Field(min_length=1)


class _Activity(BaseModel):
    messages: tuple[_Active, ...]


class _Wrong(BaseModel):
    message: str
    field: str | None = None


class _Failure(BaseModel):
    errors: tuple[_Wrong, ...] = Field(min_length=1)
