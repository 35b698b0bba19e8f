"""Twilio's callbacks: forms signed with HMAC-SHA1 over the address and the sorted fields."""

import base64
import hmac
import secrets
from typing import Any, ClassVar
from urllib.parse import urlencode

from sandbox.callbacks.model import About, Caller, Signed

_STATUSES = {
    "accepted": {"MessageStatus": "sent"},
    "delivered": {"MessageStatus": "delivered"},
    "failed": {"MessageStatus": "undelivered", "ErrorCode": "30003"},
    "failed for a dead number": {"MessageStatus": "undelivered", "ErrorCode": "30005"},
    "opened": {"MessageStatus": "read"},
    "something new": {"MessageStatus": "teleported"},
}
_INCOMING = {
    "replied": {"Body": "Yes please"},
    "unsubscribed": {"Body": "STOP", "OptOutType": "STOP"},
    "resubscribed": {"Body": "Start"},
}


class TwilioCaller(Caller):
    """Signs with the account's token, as whoever sends knows it."""

    vendor: ClassVar[str] = "twilio"
    tells: ClassVar[tuple[str, ...]] = (*_STATUSES, *_INCOMING)

    def __init__(self, account_sid: str, auth_token: str, sender: str) -> None:
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._sender = sender

    def settings(self) -> dict[str, Any]:
        return {"auth_token": self._auth_token}

    def call(self, url: str, what: str, about: About) -> Signed:
        """A status, or a text that came in. Of a status the delivery's id stands in the query of `url`."""
        form = {"AccountSid": self._account_sid, "ApiVersion": "2010-04-01"}
        if what in _INCOMING:
            sid = f"SM{secrets.token_hex(16)}"
            form |= {"MessageSid": sid, "From": about.recipient, "To": self._sender, "NumMedia": "0"}
            form |= _INCOMING[what]
        else:
            form |= {"MessageSid": about.vendor_id, "To": about.recipient, "From": self._sender}
            form |= _STATUSES[what]
        return self.sign(url, form)

    def sign(self, url: str, form: dict[str, str]) -> Signed:
        """Any form, for the address it is posted to."""
        signed = url + "".join(name + form[name] for name in sorted(form))
        digest = hmac.digest(self._auth_token.encode(), signed.encode(), "sha1")
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": base64.b64encode(digest).decode(),
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
        }
        return Signed(headers, urlencode(form).encode())
