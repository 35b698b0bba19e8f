"""Twilio's Programmable Messaging: `Messages.json` as Twilio answers it."""

import base64
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox import accidents
from sandbox.faults import Answer, Fault, Faults
from sandbox.mailbox import Mailbox, Message

_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_SERVICE = re.compile(r"MG[0-9a-f]{32}")
_LONGEST = 1600
_GSM_SEVEN = re.compile(
    r"[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\\[~\]|€]*"
)
_KNOWN = {
    "To", "From", "MessagingServiceSid", "Body", "MediaUrl", "ContentSid", "ContentVariables", "StatusCallback",
    "ValidityPeriod", "SendAt", "ScheduleType", "SmartEncoded", "ShortenUrls", "RiskCheck", "ProvideFeedback",
    "Attempt", "PersistentAction", "TrafficType", "SendAsMms", "FallbackFrom", "ContentRetention",
    "AddressRetention",
}  # fmt: skip
_LIST_KNOWN = {"To", "From", "DateSent", "DateSent>", "DateSent<", "PageSize", "Page", "PageToken"}

# Code: HTTP status, message. https://www.twilio.com/docs/api/errors
_ERRORS: dict[int, tuple[int, str]] = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    21211: (400, "Invalid 'To' Phone Number"),
    21212: (400, "Invalid From Number (caller ID)"),
    21217: (400, "Phone number does not appear to be valid"),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21605: (400, "Maximum body length exceeded"),
    21606: (400, "The 'From' phone number provided is not a valid message-capable Twilio phone number"),
    21609: (400, "Invalid 'StatusCallback' url"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (429, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: (400, "Message cannot be sent with the current combination of 'To' and 'From' parameters"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit."),
    21656: (400, "The Content Variables parameter is invalid."),
}
_BY_STATUS = {401: 20003, 429: 20429, 500: 20500}
# Twilio's own numbers for tests. https://www.twilio.com/docs/iam/test-credentials
_MAGIC = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}


@dataclass(frozen=True)
class Twilio:
    mailbox: Mailbox
    faults: Faults
    account_sid: str
    auth_token: str
    sender: str
    """The one number of the account."""

    async def send(self, request: Request) -> Response:
        """POST /2010-04-01/Accounts/{account_sid}/Messages.json"""
        if stranger := self._stranger(request):
            return stranger
        form = parse_qs((await request.body()).decode(), keep_blank_values=True)
        given = {name: values[0] for name, values in form.items()}
        refusal = self._refusal(given) if form.keys() <= _KNOWN else 20404
        return _error(refusal) if refusal else await self._answer(request, given)

    async def list(self, request: Request) -> Response:
        """GET the same: the account's messages to a number, the latest first."""
        if stranger := self._stranger(request):
            return stranger
        params = request.query_params
        if not params.keys() <= _LIST_KNOWN or not params.get("PageSize", "50").isdigit():
            return _error(20404)
        sent = [m for m in reversed(self.mailbox.messages) if m.channel == "sms"]
        found = [
            self._taken(m.content["request"], m.vendor_id, m.received_at)
            for m in sent
            if params.get("To", m.recipient) == m.recipient
        ]
        return JSONResponse({"messages": found[: int(params.get("PageSize", "50"))], "page": 0})

    def _stranger(self, request: Request) -> Response | None:
        """The answer for who does not sign in as this account."""
        expected = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode())
        if not secrets.compare_digest(request.headers.get("Authorization", "").encode(), b"Basic " + expected):
            return _error(20003)
        return None if request.path_params["account_sid"] == self.account_sid else _error(20404)

    async def _answer(self, request: Request, given: dict[str, str]) -> Response:
        recipient, sid = given["To"], f"SM{secrets.token_hex(16)}"
        callback = parse_qs(urlsplit(given.get("StatusCallback", "")).query)

        def take() -> Message:
            content = {"request": given, "shown": given["Body"]}
            delivery_id = callback.get("delivery_id", [""])[0]
            return self.mailbox.add("sms", recipient, delivery_id, sid, given["Body"], content, "twilio")

        fault = self.faults.take(recipient, _MAGIC.get)
        if wrong := await accidents.instead_of_yes(fault, request, self.faults, take, _refused):
            return wrong
        take()
        return JSONResponse(self._taken(given, sid, datetime.now(UTC)), 201)

    def _refusal(self, given: dict[str, str]) -> int | None:
        """The code with which Twilio refuses the form, or None."""
        service, sender, body = given.get("MessagingServiceSid"), given.get("From"), given.get("Body", "")
        wrong = {
            21211: not _PHONE.fullmatch(given.get("To", "")),
            21603: not service and not sender,
            21606: bool(service and not _SERVICE.fullmatch(service)) or bool(sender and sender != self.sender),
            21602: not body.strip(),
            21617: len(body) > _LONGEST,
            21609: not given.get("StatusCallback", "https://").startswith(("http://", "https://")),
        }
        return next((code for code, is_wrong in wrong.items() if is_wrong), None)

    def _taken(self, given: dict[str, str], sid: str, at: datetime) -> dict[str, Any]:
        now = format_datetime(at)
        return {
            "sid": sid,
            "account_sid": self.account_sid,
            "messaging_service_sid": given.get("MessagingServiceSid"),
            "to": given["To"],
            "from": given.get("From"),
            "body": given["Body"],
            "status": "accepted" if "MessagingServiceSid" in given else "queued",
            "direction": "outbound-api",
            "num_segments": str(_segments(given["Body"])),
            "num_media": "0",
            "error_code": None,
            "error_message": None,
            "price": None,
            "price_unit": "USD",
            "api_version": "2010-04-01",
            "date_created": now,
            "date_updated": now,
            "date_sent": None,
            "uri": f"/2010-04-01/Accounts/{self.account_sid}/Messages/{sid}.json",
        }


def _segments(body: str) -> int:
    """How many SMS the text takes: 160 or 153 characters each, 70 or 67 when one is not in GSM-7."""
    one, each = (160, 153) if _GSM_SEVEN.fullmatch(body) else (70, 67)
    length = len(body) if one == 160 else len(body.encode("utf-16-le")) // 2
    return 1 if length <= one else -(-length // each)


def _refused(fault: Fault) -> Response:
    """A planned or magic fault, by Twilio's code or the HTTP status."""
    code: Answer = fault.answer
    return _error(_BY_STATUS.get(int(code), int(code)), fault.retry_after)


def _error(code: int, retry_after: int | None = None) -> Response:
    status, message = _ERRORS.get(code, (400, "Unknown error"))
    more = f"https://www.twilio.com/docs/errors/{code}"
    headers = accidents.wait_header(retry_after)
    return JSONResponse({"code": code, "message": message, "more_info": more, "status": status}, status, headers)
