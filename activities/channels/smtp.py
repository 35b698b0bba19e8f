"""Email over SMTP."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import ClassVar, Literal

import aiosmtplib
from pydantic import Field, SecretStr

from activities.channels import mail
from activities.channels.answers import (
    DEAD_ADDRESS,
    REFUSED,
    STOPPED,
    WRONG_CONTENT,
    WRONG_SETUP,
    Meaning,
    Retry,
    failure,
)
from activities.channels.model import (
    AddressKind,
    OutcomeUnknown,
    OutgoingMessage,
    Refused,
    RetryLater,
    SendError,
)
from activities.channels.smtp_connections import SmtpConnections

_ENHANCED = re.compile(r"[45](\.\d{1,3}\.\d{1,3})(?![.\d])")
_GREYLISTED = Retry(timedelta(minutes=5))
_FULL = Retry(timedelta(hours=1))

# RFC 3463, without the class: what is temporary with 4 and permanent with 5 is told by the reply code.
_PERMANENT: dict[str, Meaning] = {
    **dict.fromkeys((".1.1", ".1.2", ".1.3", ".1.10", ".2.1", ".4.4"), DEAD_ADDRESS),
    ".2.2": _FULL,
    **dict.fromkeys((".3.4", ".6.0"), WRONG_CONTENT),
    # policy: our domain or address is not trusted; the recipient's address is fine
    **dict.fromkeys((".7.0", ".7.1", ".7.8", ".7.9", ".7.26", ".7.515"), WRONG_SETUP),
}
_TEMPORARY: dict[str, Meaning] = {".7.1": _GREYLISTED, ".2.2": _FULL, ".5.3": _FULL}
# Without an enhanced code a 550 may be about anything, so it condemns no address.
_REPLIES: dict[int, Meaning] = {
    421: Retry(everyone=True),
    450: _GREYLISTED,
    451: _GREYLISTED,
    452: _FULL,
    501: DEAD_ADDRESS,
    553: DEAD_ADDRESS,
}
_NOT_SIGNED_IN = (530, 535)


class Smtp(mail.MailProvider):
    """Settings: the server, how to sign in to it, and who sends."""

    channel: ClassVar[str] = "email"
    provider: ClassVar[str] = "smtp"
    address_kind: ClassVar[AddressKind] = "email"

    host: str = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65535)
    username: str = ""
    password: SecretStr = SecretStr("")
    tls: Literal["none", "starttls", "tls"] = "starttls"
    timeout_seconds: float = Field(default=10, gt=0, le=11)
    """For connecting, and again for handing over: together within the activity's 30 seconds."""

    async def send(self, message: OutgoingMessage, delivery_id: str) -> str:
        """Send, and give the Message-ID, which bounces and replies name."""
        wire = mail.build(message.body, datetime.now(UTC))
        try:
            async with self._connections.borrow(self.timeout_seconds) as connection:
                await self._hand_over(connection, message, wire)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _error(error, message.recipient) from error
        return message.body["headers"]["Message-ID"]

    async def close(self) -> None:
        """Close the idle connections."""
        await self._connections.close()

    async def _hand_over(self, connection: aiosmtplib.SMTP, message: OutgoingMessage, wire: bytes) -> None:
        await connection.mail(mail.sender_address(message.body["from"]).addr_spec)
        await connection.rcpt(message.recipient)
        try:
            async with asyncio.timeout(self.timeout_seconds):
                await connection.data(wire, timeout=self.timeout_seconds)
        except aiosmtplib.SMTPResponseException:
            raise
        except (aiosmtplib.SMTPException, OSError) as error:
            # It may have been lost after the final dot, when the server already had the mail.
            raise OutcomeUnknown("smtp.no_answer", f"{type(error).__name__}: {error}") from error

    @cached_property
    def _connections(self) -> SmtpConnections:
        return SmtpConnections(
            lambda: aiosmtplib.SMTP(
                hostname=self.host,
                port=self.port,
                username=self.username or None,
                password=self.password.get_secret_value() or None,
                use_tls=self.tls == "tls",
                start_tls=self.tls == "starttls",
                timeout=self.timeout_seconds / 3,
                local_hostname=mail.sender_address(self.sender).domain,
            )
        )


def _error(error: Exception, recipient: str) -> SendError:
    """What it means that the mail was not taken. Nothing has been handed over by then."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        about_us = not isinstance(error, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError)
        return _refusal(error.code, error.message, recipient, about_us)
    if isinstance(error, OSError):  # timeouts and lost connections, aiosmtplib's own among them
        return RetryLater("smtp.unreachable", f"{type(error).__name__}: {error}", everyone=True)
    return Refused("smtp.not_supported", str(error), "stop_channel")


def _refusal(reply: int, text: str, recipient: str, about_us: bool) -> SendError:
    """`about_us`: the server spoke before it heard the recipient, so it can only mean our own set-up."""
    if reply < 400:
        return OutcomeUnknown("smtp.odd_reply", f"{reply} {text}")
    found = _ENHANCED.match(text)
    enhanced = found.group(1) if found else ""
    code = f"smtp.{reply // 100}{enhanced}" if enhanced else f"smtp.{reply}"
    if reply < 500:
        meaning = _TEMPORARY.get(enhanced) or _REPLIES.get(reply, Retry())
    elif about_us or reply in _NOT_SIGNED_IN:
        meaning = STOPPED
    else:
        meaning = _PERMANENT.get(enhanced) or _REPLIES.get(reply, REFUSED)
    return failure(meaning, code, f"{reply} {text}", recipient)
