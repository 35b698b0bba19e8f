"""Email over Postmark."""

from datetime import timedelta
from typing import Any, ClassVar

import httpx
from pydantic import BaseModel, Field

from activities.channels import mail
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
from activities.channels.http import BaseUrl, HeaderSecret, HttpProvider, read_answer
from activities.channels.model import (
    AddressKind,
    OutcomeUnknown,
    OutgoingMessage,
    RetryLater,
    SendError,
    Sought,
)
from content.rendering import Rendered

# https://postmarkapp.com/developer/api/overview#error-codes
_ERRORS: dict[int, Meaning] = {
    10: STOPPED,  # the server's token
    **dict.fromkeys((400, 401), STOPPED),  # the sender's signature
    **dict.fromkeys((405, 413), STOPPED),  # credits used up; the account is closed
    412: WRONG_SETUP,  # until Postmark approves the account, mail goes to the sender's own domain alone
    406: DEAD_ADDRESS,  # it bounced or complained before
    **dict.fromkeys((300, 402, 403, 409, 410, 411), WRONG_CONTENT),
    100: Retry(timedelta(minutes=5), everyone=True),  # maintenance
    429: Retry(timedelta(minutes=1), everyone=True),
}
# Postmark's own trouble, whatever code stands in the answer.
_TROUBLE: dict[int, Meaning] = {500: Retry(everyone=True), 503: Retry(timedelta(minutes=1), everyone=True)}


class Postmark(mail.MailProvider, HttpProvider):
    """Settings: a server's token, its message streams, and who sends."""

    channel: ClassVar[str] = "email"
    provider: ClassVar[str] = "postmark"
    address_kind: ClassVar[AddressKind] = "email"

    server_token: HeaderSecret
    transactional_stream: str = Field(default="outbound", pattern=r"^[a-z0-9-]{1,30}$")
    marketing_stream: str = Field(default="broadcast", pattern=r"^[a-z0-9-]{1,30}$")
    """Postmark wants marketing apart from what people wait for."""
    vendor_tracking: bool = False
    """Whether Postmark tracks opens and clicks too, of everybody."""
    url: BaseUrl = "https://api.postmarkapp.com"

    def prepare(self, rendered: Rendered, recipient: str, delivery_id: str) -> OutgoingMessage:
        """Make the parts of the mail, and choose its stream. Raises Refused for what cannot be a mail."""
        message = super().prepare(rendered, recipient, delivery_id)
        stream = self.marketing_stream if rendered.marketing else self.transactional_stream
        return message.model_copy(update={"body": {**message.body, "stream": stream}})

    async def send(self, message: OutgoingMessage, delivery_id: str) -> str:
        """Send, and give Postmark's message id. It means accepted; a webhook tells whether it arrived."""
        request = self._request(message.body, delivery_id)
        answer = await self.post(f"{self.url}/email", self._signed_in, json=request)
        if not answer.is_success:
            raise self._error(answer, message.recipient)
        sent = read_answer(_Sent, answer)
        if sent is None:
            raise OutcomeUnknown("postmark.no_id", "Postmark said yes but gave no message id")
        return sent.id

    async def search(self, sought: Sought) -> list[str] | None:
        """Ask for messages with the delivery's id in their metadata, in each stream: Postmark looks in one alone.
        https://postmarkapp.com/developer/api/messages-api"""
        found: list[str] = []
        for stream in dict.fromkeys((self.marketing_stream, self.transactional_stream)):
            params = {"count": "10", "offset": "0", "messagestream": stream}
            params["metadata_delivery_id"] = sought.delivery_id
            answer = await self.ask(f"{self.url}/messages/outbound", self._signed_in, **params)
            told = read_answer(_Found, answer)
            if told is None:
                raise RetryLater("postmark.odd_answer", "it says nothing of messages")
            found += [message.id for message in told.messages]
        return found

    @property
    def _signed_in(self) -> dict[str, str]:
        return {"X-Postmark-Server-Token": self.server_token.get_secret_value(), "Accept": "application/json"}

    def _request(self, body: dict[str, Any], delivery_id: str) -> dict[str, Any]:
        # Without X-PM-KeepID a Message-ID of Postmark's own takes the place of ours, which replies name.
        headers = {**body["headers"], "X-PM-KeepID": "true"}
        return {
            "From": str(mail.sender_address(body["from"])),
            "To": body["to"],
            "Subject": body["subject"],
            "TextBody": body["text"],
            **({"HtmlBody": body["html"]} if body["html"] else {}),
            "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
            "Metadata": {"delivery_id": delivery_id},
            "MessageStream": body["stream"],
            "TrackOpens": self.vendor_tracking,
            "TrackLinks": "HtmlAndText" if self.vendor_tracking else "None",
        }

    def _error(self, answer: httpx.Response, recipient: str) -> SendError:
        told = read_answer(_Failure, answer)
        meaning = _TROUBLE.get(answer.status_code, _ERRORS.get(told.code)) if told else None
        if told is None or meaning is None:
            return self.unexplained(answer, str(told.code) if told else f"http_{answer.status_code}", "")
        wait = asked_to_wait(answer.headers.get("Retry-After"))
        return failure(meaning, f"postmark.{told.code}", told.message, recipient, wait)


class _Sent(BaseModel):
    id: str = Field(alias="MessageID", min_length=1)


class _Found(BaseModel):
    messages: tuple[_Sent, ...] = Field(alias="Messages")


class _Failure(BaseModel):
    code: int = Field(alias="ErrorCode")
    message: str = Field(default="", alias="Message")
