"""Twilio's callbacks: what became of a text, and texts that come in. Signed over the address and the form.

https://www.twilio.com/docs/usage/security#validating-requests
"""

import base64
import hmac
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

from starter.webhooks.model import Call, Forged, Report, Secrets, Told, Unknown, Unreadable, Vendor
from starter.webhooks.wishes import wish_in

_TOLD: dict[str, Told] = {
    **dict.fromkeys(("accepted", "queued", "scheduled", "sending", "sent"), "accepted"),
    **dict.fromkeys(("delivered", "partially_delivered"), "delivered"),
    **dict.fromkeys(("failed", "undelivered", "canceled"), "failed"),
    "read": "opened",
}
# https://www.twilio.com/docs/api/errors
_DEAD_NUMBER = ("21211", "21614", "30005", "30006")
_CLASSES = {
    **dict.fromkeys(_DEAD_NUMBER, "dead_number"),
    **dict.fromkeys(("30001", "30003", "30008"), "temporary"),
    **dict.fromkeys(("30004", "30007", "30034"), "blocked"),
    "21610": "opted_out",
}
_OPTED_OUT = "21610"


class Twilio(Vendor):
    """Settings: the account's token, which Twilio signs with."""

    vendor: ClassVar[str] = "twilio"
    channel: ClassVar[str] = "sms"
    answer: ClassVar[tuple[str, str]] = ("<Response/>", "text/xml")

    auth_token: Secrets

    async def verify(self, call: Call) -> None:
        """HMAC-SHA1 over the address, as Twilio was given it, and the sorted form. Raises Forged."""
        given, form = call.header("x-twilio-signature").encode(), _form(call)
        expected = [
            _signature(token.get_secret_value(), url, form)
            for token in self.auth_token
            for url in _spellings(call.url)
        ]
        if not any(hmac.compare_digest(given, one) for one in expected):
            raise Forged(
                "the signature is not Twilio's for this address; is SOJOURN_PUBLIC_URL what Twilio calls?"
            )

    def read(self, call: Call) -> Sequence[Report | Unknown]:
        """What became of one text, or one that came in. Raises Unreadable."""
        form = dict(_form(call))
        sid = form.get("MessageSid") or form.get("SmsSid", "")
        if not sid:
            raise Unreadable("MessageSid: it is missing")
        status = form.get("MessageStatus")
        return list(_incoming(form, sid, call) if status is None else _status(form, sid, status, call))


def _status(form: dict[str, str], sid: str, status: str, call: Call) -> Iterator[Report | Unknown]:
    told, code = _TOLD.get(status), form.get("ErrorCode", "")
    if told is None:
        yield Unknown(f"MessageStatus {status}")
        return
    about = Report(
        id=f"{sid}-{status}",
        told=told,
        at=call.received_at,
        delivery_id=call.query.get("delivery_id", ""),
        provider_id=sid,
        address=_number(form.get("To", "")),
        details={"code": code, "class": _CLASSES.get(code, "other")} if told == "failed" else {},
        dead=told == "failed" and code in _DEAD_NUMBER,
    )
    yield about
    if told == "failed" and code == _OPTED_OUT:
        yield about.model_copy(update={"id": f"{sid}-opted-out", "told": "unsubscribed", "details": {}})


def _incoming(form: dict[str, str], sid: str, call: Call) -> Iterator[Report]:
    text, button = form.get("Body", ""), form.get("ButtonPayload", "")
    about = Report(
        id=sid,
        told="replied",
        at=call.received_at,
        provider_id=form.get("OriginalRepliedMessageSid", ""),
        address=_number(form.get("From", "")),
        details={"text": text, **({"button": button} if button else {})},
    )
    yield about
    # Advanced Opt-Out says what it understood; without it, the words that Twilio itself acts on count.
    wish = wish_in(form.get("OptOutType", "") or text)
    if wish:
        yield about.model_copy(update={"id": f"{sid}-{wish}", "told": wish, "details": {}})


def _form(call: Call) -> list[tuple[str, str]]:
    try:
        return parse_qsl(call.body.decode(), keep_blank_values=True, max_num_fields=200)
    except ValueError as error:
        raise Forged("the body is no form") from error


def _signature(token: str, url: str, form: Iterable[tuple[str, str]]) -> bytes:
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), "sha1"))


def _spellings(url: str) -> tuple[str, str]:
    """Twilio signs some calls with the port in the address and some without."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition(":")[0] if parts.port else parts.netloc
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts._replace(netloc=host).geturl(), parts._replace(netloc=f"{host}:{port}").geturl()


def _number(address: str) -> str:
    """The number in `+4915112345678` or `whatsapp:+4915112345678`."""
    return address.rpartition(":")[2]
