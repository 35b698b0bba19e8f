"""SMS over Twilio's Programmable Messaging."""

import re
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import ClassVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, Field, SecretStr

from activities.channels.answers import (
    DEAD_ADDRESS,
    OPTED_OUT,
    REFUSED,
    STOPPED,
    WRONG_CONTENT,
    WRONG_SETUP,
    Meaning,
    Retry,
    asked_to_wait,
    failure,
)
from activities.channels.fields import read_fields
from activities.channels.http import BaseUrl, HttpProvider, read_answer
from activities.channels.model import (
    AddressKind,
    OutcomeUnknown,
    OutgoingMessage,
    Refused,
    RetryLater,
    SendError,
    Sought,
)
from content.rendering import Rendered
from content.shapes import SmsFields

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_LONGEST = 1600
_CLOCKS_DIFFER = timedelta(minutes=1)
"""Twilio tells times to the second, by a clock of its own."""

# https://www.twilio.com/docs/api/errors
_ERRORS: dict[int, Meaning] = {
    **dict.fromkeys((20003, 20404), STOPPED),  # the credentials, the account
    **dict.fromkeys((21212, 21603, 21606), STOPPED),  # the sender
    21408: WRONG_SETUP,  # a country that is not enabled
    **dict.fromkeys((21211, 21217, 21614), DEAD_ADDRESS),
    **dict.fromkeys((21602, 21605, 21617, 21656), WRONG_CONTENT),
    21610: OPTED_OUT,  # they wrote STOP to this sender
    21612: REFUSED,  # no way from this sender to this number
    20429: Retry(timedelta(seconds=30), everyone=True),
    21611: Retry(timedelta(minutes=5), everyone=True),  # the sender's queue is full
}


class TwilioSms(HttpProvider):
    """Settings: the account and its token, who sends, and where Twilio reports what became of a message."""

    channel: ClassVar[str] = "sms"
    provider: ClassVar[str] = "twilio_sms"
    address_kind: ClassVar[AddressKind] = "phone"

    account_sid: str = Field(pattern=r"^AC[0-9a-f]{32}$")
    auth_token: SecretStr = Field(min_length=1)
    sender: str = Field(pattern=r"^(\+[1-9][0-9]{6,14}|MG[0-9a-f]{32})$")
    """A number of the account in E.164, or a messaging service."""
    status_callback: BaseUrl
    """Reports carry the delivery's id in its query, as Twilio echoes nothing else."""
    url: BaseUrl = "https://api.twilio.com"

    def prepare(self, rendered: Rendered, recipient: str, delivery_id: str) -> OutgoingMessage:
        """Make the form that Twilio takes. Raises Refused for what it would never take."""
        if not _PHONE.fullmatch(recipient):
            raise Refused("twilio_sms.bad_phone", "this is not a phone number in E.164", "deactivate_address")
        text = read_fields(SmsFields, rendered).text
        length = len(text.encode("utf-16-le")) // 2
        if length > _LONGEST:
            reason = f"the text has {length} characters; an SMS has at most {_LONGEST}"
            raise Refused("twilio_sms.too_long", reason, "fix_content")
        return self._message(recipient, text, delivery_id)

    def _message(self, recipient: str, text: str, delivery_id: str) -> OutgoingMessage:
        body = {
            "To": recipient,
            "MessagingServiceSid" if self.sender.startswith("MG") else "From": self.sender,
            "Body": text,
            "StatusCallback": f"{self.status_callback}?delivery_id={quote(delivery_id, safe='')}",
        }
        return OutgoingMessage(channel=self.channel, provider=self.provider, recipient=recipient, body=body)

    async def send(self, message: OutgoingMessage, delivery_id: str) -> str:
        """Send, and give the message's SID. It means queued; a report to the callback tells whether it arrived."""
        url = f"{self.url}/2010-04-01/Accounts/{self.account_sid}/Messages.json"
        answer = await self.post(url, self._signed_in, data=message.body)
        if not answer.is_success:
            raise self._error(answer, message.recipient)
        sent = read_answer(_Sent, answer)
        if sent is None:
            raise OutcomeUnknown("twilio_sms.no_sid", "Twilio said yes but gave no message SID")
        return sent.sid

    async def search(self, sought: Sought) -> list[str] | None:
        """Look through the last messages to the customer's numbers for those whose text is this message's. Twilio
        tells of no callback, so two with one text look the same.
        https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources"""
        url = f"{self.url}/2010-04-01/Accounts/{self.account_sid}/Messages.json"
        found: list[str] = []
        for number in sought.recipients:
            answer = await self.ask(url, self._signed_in, To=number, PageSize="50")
            told = read_answer(_Listed, answer)
            if told is None:
                raise RetryLater("twilio_sms.odd_answer", "it says nothing of messages")
            found += [
                one.sid
                for one in told.messages
                if one.direction == "outbound-api"
                and parsedate_to_datetime(one.date_created) >= sought.since - _CLOCKS_DIFFER
                and sought.is_it(self._message(number, one.body, sought.delivery_id))
            ]
        return found

    @property
    def _signed_in(self) -> dict[str, str]:
        request = httpx.Request("POST", self.url)
        auth = httpx.BasicAuth(self.account_sid, self.auth_token.get_secret_value())
        return {"Authorization": next(auth.auth_flow(request)).headers["Authorization"]}

    def _error(self, answer: httpx.Response, recipient: str) -> SendError:
        told = read_answer(_Failure, answer)
        code = str(told.code) if told else f"http_{answer.status_code}"
        if answer.is_server_error:
            # Twilio says that its POST is not idempotent: after any 5xx the message may have been queued.
            return OutcomeUnknown(f"twilio_sms.{code}", f"HTTP {answer.status_code}")
        meaning = _ERRORS.get(told.code) if told else None
        if told is None or meaning is None:
            return self.unexplained(answer, code, "")
        wait = asked_to_wait(answer.headers.get("Retry-After"))
        return failure(meaning, f"twilio_sms.{code}", told.message, recipient, wait)


class _Sent(BaseModel):
    sid: str = Field(pattern=r"^(SM|MM)[0-9a-f]{32}$")


class _Kept(BaseModel):
    sid: str
    body: str
    direction: str
    date_created: str
    """As mails write dates (RFC 2822)."""


class _Listed(BaseModel):
    messages: tuple[_Kept, ...]


class _Failure(BaseModel):
    code: int
    message: str = ""
