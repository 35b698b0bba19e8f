"""Puts mails into the mailbox, as they came over the wire or as a vendor's JSON."""

import json
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

from sandbox.mail_rules import parse
from sandbox.mailbox import Mailbox, Message


def keep_source(
    mailbox: Mailbox, source: bytes, recipient: str, vendor_id: str = "", tag: str = "", vendor: str = ""
) -> Message:
    """Keep a mail from its source. Without a `tag` the delivery is named by its header, and without an id of the
    vendor's it is known by its Message-ID."""
    mail = parse(source)
    content = {
        "headers": {name: str(value) for name, value in mail.items()},
        "text": _text(mail, "plain"),
        "html": _text(mail, "html"),
        "source": source.decode("ascii"),
    }
    delivery_id = tag or str(mail.get("X-Sojourn-Delivery", ""))
    known_as = vendor_id or str(mail["Message-ID"])
    return mailbox.add("email", recipient, delivery_id, known_as, str(mail["Subject"]), content, vendor)


def keep_request(
    mailbox: Mailbox,
    vendor: str,
    request: Mapping[str, Any],
    recipient: str,
    vendor_id: str,
    delivery_id: str,
    headers: Mapping[str, str],
    text: str,
    html: str,
) -> Message:
    """Keep a mail that a vendor was given as JSON, of which the vendor makes the mail itself. `headers` are From
    and Subject, and those that were asked for."""
    source = json.dumps(request, indent=2, ensure_ascii=False)
    content = {"headers": dict(headers), "text": text, "html": html, "source": source, "request": dict(request)}
    return mailbox.add("email", recipient, delivery_id, vendor_id, headers["Subject"], content, vendor)


def _text(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part else ""
