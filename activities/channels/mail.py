"""Makes the mail that leaves, so that strict receivers and mail programs read it as it was meant."""

import hashlib
import re
from abc import ABC
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any

from pydantic import field_validator

from activities.channels.fields import read_fields
from activities.channels.model import OutgoingMessage, Provider, Refused
from content.rendering import Rendered
from content.shapes import EmailFields

_URL = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_LONGEST_ADDRESS = 254

# Quoted-printable and base64 pass every relay, 8-bit text does not; their lines have at most 76 characters.
_PARTS = SMTP.clone(cte_type="7bit", max_line_length=76)
# Folded, a long URL turns into an encoded word, which breaks one-click unsubscribe.
_ONE_LINE = _PARTS.clone(max_line_length=998)


class _Policy(EmailPolicy):
    """Headers stay on one line, except subjects: an encoded word may have 75 characters (RFC 2047)."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        return (_PARTS if name.lower() == "subject" else _ONE_LINE).fold_binary(name, value)


_WIRE = _Policy(linesep="\r\n", cte_type="7bit", max_line_length=998)


class MailProvider(Provider, ABC):
    """A provider that sends mail. All prepare the same parts of a mail; each hands them over in its own way."""

    sender: str
    """`Shop <hello@mail.shop.example>`."""

    @field_validator("sender")
    @classmethod
    def _has_address(cls, sender: str) -> str:
        sender_address(sender)
        return sender

    def prepare(self, rendered: Rendered, recipient: str, delivery_id: str) -> OutgoingMessage:
        """Make the parts of the mail; only its Date is missing. Raises Refused for what cannot be a mail."""
        name = self.provider
        if not is_address(recipient):
            reason = "this is not an address that mail can go to"
            raise Refused(f"{name}.bad_address", reason, "deactivate_address")
        fields = read_fields(EmailFields, rendered)
        body: dict[str, Any] = {
            "from": self.sender,
            "to": recipient,
            "subject": fields.subject,
            "text": fields.text,
            "html": fields.html,
            "headers": headers(rendered, delivery_id, self.sender),
        }
        try:
            build(body)
        except ValueError as error:
            raise Refused(f"{name}.bad_header", f"this cannot be a mail: {error}", "fix_content") from error
        return OutgoingMessage(channel=self.channel, provider=name, recipient=recipient, body=body)


def message_id(delivery_id: str, sender: str) -> str:
    """The Message-ID, the same for every attempt, so that a duplicate can be recognised as one."""
    return f"<{delivery_id}@{sender_address(sender).domain}>"


def sender_address(sender: str) -> Address:
    """`Name <name@example.com>` as an address. Raises ValueError when it is not one."""
    name, spec = parseaddr(sender)
    if not is_address(spec):
        raise ValueError(f"'{sender}' is not a sender; write one such as: Shop <hello@mail.shop.example>")
    return Address(display_name=name, addr_spec=spec)


def is_address(text: str) -> bool:
    """Whether this is one bare address that any mail server takes: ASCII, nothing quoted."""
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def headers(rendered: Rendered, delivery_id: str, sender: str) -> dict[str, str]:
    """All headers but From, To, Subject and Date. Raises Refused when marketing cannot be unsubscribed."""
    common = {"Message-ID": message_id(delivery_id, sender), "X-Sojourn-Delivery": delivery_id}
    if not rendered.marketing:
        return common | {"Auto-Submitted": "auto-generated"}
    if not _URL.fullmatch(rendered.unsubscribe_url):
        raise Refused("email.no_unsubscribe", "marketing needs a plain unsubscribe URL", "fix_content")
    return common | {
        "List-Unsubscribe": f"<{rendered.unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def build(body: dict[str, Any], date: datetime | None = None) -> bytes:
    """The mail as it goes over the wire, text and, if there is one, HTML as alternatives.

    Raises ValueError when a header has a line break or an address is not one.
    """
    mail = EmailMessage(policy=_PARTS)
    mail["From"] = sender_address(body["from"])
    mail["To"] = Address(addr_spec=body["to"])
    mail["Subject"] = body["subject"]
    if date:
        mail["Date"] = format_datetime(date)
    for name, value in body["headers"].items():
        mail[name] = value
    mail.set_content(body["text"])
    if body["html"]:
        mail.add_alternative(body["html"], subtype="html")
        # The library's own boundary is random; the same message must give the same bytes.
        content = f"{body['text']}\0{body['html']}".encode()
        mail.set_boundary(f"=_{hashlib.sha256(content).hexdigest()[:32]}")
    return mail.as_bytes(policy=_WIRE)
