"""What a strict mail server refuses in a mail, as a list of complaints."""

import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from email.utils import parsedate_to_datetime

_ONCE = ("From", "To", "Subject", "Date", "Message-ID")
_MESSAGE_ID = re.compile(r"<[^\s<>@]+@[^\s<>@]+>")
_ENCODED_WORD = re.compile(rb"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=")
_UNSUBSCRIBE = re.compile(rb"(?im)^List-Unsubscribe:[ ]?(.*?)\r\n(?![ \t])", re.DOTALL)
_HTTPS = re.compile(r"<(https://[^\s<>]+|http://(?:127\.0\.0\.1|localhost)(?::\d+)?/[^\s<>]*)>")
_LONGEST_LINE = 998
_LONGEST_ENCODED_WORD = 75
_LONGEST_ENCODED_LINE = 76


def parse(source: bytes) -> EmailMessage:
    """The mail as a tree of parts."""
    return BytesParser(policy=SMTP).parsebytes(source)


def complaints(source: bytes, sender: str, recipient: str) -> list[str]:
    """What is wrong with a mail from `sender` to `recipient`, both as in the envelope."""
    mail = parse(source)
    return [
        *_about_lines(source),
        *_about_headers(mail, sender, recipient),
        *_about_unsubscribe(source, mail),
        *_about_parts(mail),
    ]


def _about_lines(source: bytes) -> list[str]:
    found: list[str] = []
    if re.search(rb"(?<!\r)\n|\r(?!\n)", source):
        found.append("lines must end with CR LF")
    if any(len(line) > _LONGEST_LINE for line in source.split(b"\r\n")):
        found.append(f"lines have at most {_LONGEST_LINE} characters")
    if not source.isascii():
        found.append("8BITMIME was not asked for, so the mail must be ASCII")
    if any(len(word) > _LONGEST_ENCODED_WORD for word in _ENCODED_WORD.findall(source.partition(b"\r\n\r\n")[0])):
        found.append(f"encoded words have at most {_LONGEST_ENCODED_WORD} characters")
    return found


def _about_headers(mail: EmailMessage, sender: str, recipient: str) -> list[str]:
    found = [f"exactly one {name} is needed" for name in _ONCE if len(mail.get_all(name, [])) != 1]
    if found:
        return found
    if _addresses(mail, "To") != [recipient]:
        found.append("To must name the envelope's recipient, and nobody else")
    if [a.rpartition("@")[2] for a in _addresses(mail, "From")] != [sender.rpartition("@")[2]]:
        found.append("From must be of the domain that sends")
    if not _MESSAGE_ID.fullmatch(str(mail["Message-ID"]).strip()):
        found.append("Message-ID is malformed")
    if any(name in mail for name in ("Cc", "Bcc")):
        found.append("one recipient a mail, please")
    return found + _about_date(str(mail["Date"]))


def _addresses(mail: EmailMessage, name: str) -> list[str]:
    return [address.addr_spec for address in mail[name].addresses]


def _about_date(text: str) -> list[str]:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return ["Date is malformed"]
    if abs(datetime.now(UTC) - date.replace(tzinfo=date.tzinfo or UTC)) > timedelta(days=1):
        return ["Date is more than a day off"]
    return []


def _about_unsubscribe(source: bytes, mail: EmailMessage) -> list[str]:
    """RFC 8058, for a mail that has the header at all."""
    post = mail.get("List-Unsubscribe-Post")
    raw = _UNSUBSCRIBE.search(source)
    if raw is None:
        return ["List-Unsubscribe-Post stands alone"] if post is not None else []
    value, found = raw.group(1).decode("ascii", "replace"), list[str]()
    if b"=?" in raw.group(1) or b"\r\n" in raw.group(1):
        found.append("List-Unsubscribe must be one plain line")
    elif not _HTTPS.search(value):
        found.append("List-Unsubscribe needs an https URL")
    if post != "List-Unsubscribe=One-Click":
        found.append("List-Unsubscribe needs List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    return found


def _about_parts(mail: EmailMessage) -> list[str]:
    found = [f"malformed MIME: {type(d).__name__}" for part in mail.walk() for d in part.defects]
    kinds = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
    if mail.is_multipart() and mail.get_content_type() == "multipart/alternative":
        if kinds != ["text/plain", "text/html"]:
            found.append("alternatives are plain text first, then HTML")
    elif kinds != ["text/plain"]:
        found.append("HTML needs a plain-text alternative")
    for part in mail.walk():
        if part.get("Content-Transfer-Encoding") in ("quoted-printable", "base64"):
            lines = str(part.get_payload()).splitlines()
            if any(len(line) > _LONGEST_ENCODED_LINE for line in lines):
                found.append(f"encoded lines have at most {_LONGEST_ENCODED_LINE} characters")
    return found
