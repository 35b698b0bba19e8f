"""The sandbox's mail server refuses what strict receivers refuse."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiosmtplib
import pytest

from sandbox.server import Sandbox

NOW = format_datetime(datetime.now(UTC))
HEADERS = {
    "From": "Shop <hello@mail.shop.example>",
    "To": "ada@shoppers.example",
    "Subject": "Hello",
    "Date": NOW,
    "Message-ID": "<1@mail.shop.example>",
    "List-Unsubscribe": "<https://shop.example/u/1>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
}


def mail(body: str = "Hello.\r\n", **changed: str | None) -> bytes:
    """A good mail, with headers changed or, by None, left out."""
    names = {name.replace("-", "_").lower(): name for name in HEADERS}
    headers = HEADERS | {names.get(key, key): value for key, value in changed.items()}
    lines = [f"{name}: {value}\r\n" for name, value in headers.items() if value is not None]
    return ("".join(lines) + "\r\n" + body).encode()


@pytest.fixture
async def smtp(sandbox: Sandbox) -> AsyncGenerator[aiosmtplib.SMTP]:
    """A connection that has not signed in yet."""
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=sandbox.smtp_port, start_tls=False, local_hostname="shop")
    await client.connect()
    yield client
    client.close()


@pytest.fixture
async def signed_in(smtp: aiosmtplib.SMTP, sandbox: Sandbox) -> aiosmtplib.SMTP:
    environment = sandbox.environment()
    await smtp.login(environment["SMTP_USERNAME"], environment["SMTP_PASSWORD"])
    return smtp


async def send(smtp: aiosmtplib.SMTP, source: bytes, sender: str = "hello@mail.shop.example") -> None:
    await smtp.mail(sender)
    await smtp.rcpt("ada@shoppers.example")
    await smtp.data(source)


async def test_a_good_mail_is_kept(signed_in: aiosmtplib.SMTP, sandbox: Sandbox) -> None:
    await send(signed_in, mail())

    [kept] = sandbox.mailbox.messages
    assert (kept.recipient, kept.title, kept.content["text"]) == ("ada@shoppers.example", "Hello", "Hello.\n")


async def test_nobody_sends_without_signing_in(smtp: aiosmtplib.SMTP) -> None:
    with pytest.raises(aiosmtplib.SMTPSenderRefused, match="Authentication required"):
        await smtp.mail("hello@mail.shop.example")


async def test_a_wrong_password_does_not_sign_in(smtp: aiosmtplib.SMTP) -> None:
    with pytest.raises(aiosmtplib.SMTPAuthenticationError, match=r"5\.7\.8"):
        await smtp.login("sandbox", "wrong")


async def test_a_second_recipient_is_refused(signed_in: aiosmtplib.SMTP) -> None:
    await signed_in.mail("hello@mail.shop.example")
    await signed_in.rcpt("ada@shoppers.example")

    with pytest.raises(aiosmtplib.SMTPRecipientRefused, match="One recipient"):
        await signed_in.rcpt("bob@shoppers.example")


ENCODED = "=?utf-8?q?=3Chttps=3A//shop=2Eexample/u/1=3E?="
LAST_WEEK = format_datetime(datetime.now(UTC) - timedelta(days=7))
HTML_FIRST = "--x\r\nContent-Type: text/html\r\n\r\nx\r\n--x\r\nContent-Type: text/plain\r\n\r\nx\r\n--x--\r\n"
BAD_MAILS = {
    "no Date": (mail(date=None), "exactly one Date"),
    "no Message-ID": (mail(message_id=None), "exactly one Message-ID"),
    "no From": (mail(**{"from": None}), "exactly one From"),
    "no To": (mail(to=None), "exactly one To"),
    "no Subject": (mail(subject=None), "exactly one Subject"),
    "two of To": (mail(subject="x\r\nTo: bob@shoppers.example"), "exactly one To"),
    "another To": (mail(to="bob@shoppers.example"), "the envelope's recipient"),
    "more in To": (mail(to="ada@shoppers.example, bob@shoppers.example"), "and nobody else"),
    "a Bcc": (mail(subject="x\r\nBcc: bob@shoppers.example"), "one recipient"),
    "a foreign From": (mail(**{"from": "hello@evil.example"}), "of the domain that sends"),
    "an old Date": (mail(date=LAST_WEEK), "more than a day off"),
    "a Date in words": (mail(date="yesterday"), "Date is malformed"),
    "a bare Message-ID": (mail(message_id="1"), "Message-ID is malformed"),
    "unsubscribe in encoded words": (mail(list_unsubscribe=ENCODED), "one plain line"),
    "unsubscribe folded": (mail(list_unsubscribe="<https://shop.example/\r\n u/1>"), "one plain line"),
    "unsubscribe by mail only": (mail(list_unsubscribe="<mailto:u@shop.example>"), "needs an https URL"),
    "unsubscribe without TLS": (mail(list_unsubscribe="<http://shop.example/u/1>"), "needs an https URL"),
    "unsubscribe without one-click": (mail(list_unsubscribe_post=None), "needs List-Unsubscribe-Post"),
    "one-click alone": (mail(list_unsubscribe=None), "stands alone"),
    "eight bits": (mail(body="Grüße\r\n"), "must be ASCII"),
    "a long line": (mail(body="x" * 999 + "\r\n"), "at most 998"),
    "a long encoded word": (mail(subject=f"=?utf-8?q?{'x' * 80}?="), "at most 75"),
    "long encoded lines": (
        mail(body="x" * 100 + "\r\n", MIME="1.0\r\nContent-Transfer-Encoding: quoted-printable"),
        "at most 76",
    ),
    "HTML alone": (mail(content_type="text/html"), "plain-text alternative"),
    "a broken boundary": (mail(content_type="multipart/alternative; boundary=x"), "malformed MIME"),
    "HTML before text": (
        mail(body=HTML_FIRST, content_type="multipart/alternative; boundary=x"),
        "plain text first",
    ),
}


@pytest.mark.parametrize("fault", BAD_MAILS)
async def test_a_bad_mail_is_refused(fault: str, signed_in: aiosmtplib.SMTP, sandbox: Sandbox) -> None:
    source, told = BAD_MAILS[fault]

    with pytest.raises(aiosmtplib.SMTPDataError, match=told):
        await send(signed_in, source)

    assert sandbox.mailbox.messages == []
