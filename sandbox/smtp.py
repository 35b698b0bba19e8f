"""A mail server that refuses what strict receivers refuse."""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import aiosmtpd.smtp
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from sandbox.faults import Answer, Fault, Faults
from sandbox.mail_rules import complaints
from sandbox.mailbox import Mailbox
from sandbox.mails import keep_source

_ADDRESS = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+")
_REPLIES: dict[int, str] = {
    421: "4.3.2 Service closing, try another time",
    450: "4.7.1 Greylisted, try again in five minutes",
    451: "4.7.1 Too many mails, try again later",
    452: "4.2.2 Mailbox full",
    501: "5.1.3 Bad recipient address syntax",
    550: "5.1.1 User unknown",
    552: "5.3.4 Message too big",
    553: "5.1.3 Mailbox name not allowed",
    554: "5.7.1 Message refused",
}
_BY_STATUS = {429: 451, 500: 451, 503: 421}
"""What an HTTP status that is asked for of every vendor is in a mail server's words."""
_MAGIC: dict[str, Answer] = {
    "bounce": "550 5.1.1 User unknown",
    "disabled": "550 5.2.1 Mailbox disabled",
    "full": "452 4.2.2 Mailbox full",
    "blocked": "550 5.7.26 This mail is unauthenticated",
    "drop": "drop",
    "slow": "slow",
}
# Told after the mail itself: what is about its content or its sender's standing, and a yes.
_ABOUT_CONTENT = re.compile(r"2|[45]\d\d [45]\.(3|6|7)\.")


@dataclass(frozen=True)
class MailServer:
    """The handler that aiosmtpd calls at each step of a conversation."""

    mailbox: Mailbox
    faults: Faults
    username: str
    password: str

    @asynccontextmanager
    async def listening(self, port: int) -> AsyncGenerator[int]:
        """Listen on this machine only; gives the port."""
        # At every sign-in aiosmtpd warns about a property that only it uses.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._protocol, "127.0.0.1", port)
        async with server:
            yield server.sockets[0].getsockname()[1]

    def _protocol(self) -> aiosmtpd.smtp.SMTP:
        # aiosmtpd's own way to require AUTH warns about the missing TLS; handle_MAIL requires it here.
        return aiosmtpd.smtp.SMTP(
            self, hostname="localhost", ident="sandbox", auth_require_tls=False, authenticator=self._signs_in
        )

    def _signs_in(
        self, server: object, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        given = cast(LoginPassword, data)
        right = (given.login.decode(), given.password.decode()) == (self.username, self.password)
        return AuthResult(success=right, handled=False)

    async def handle_MAIL(  # noqa: N802 aiosmtpd calls it so
        self, server: object, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 aiosmtpd calls it so
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient a mail"
        if not _ADDRESS.fullmatch(address):
            return "501 5.1.3 Bad recipient address syntax"
        fault = self._fault(address)
        if fault == "drop_early":
            server.transport.abort()
        if fault == "slow_early":
            await self.faults.stall()
            return "451 4.3.2 Too busy"
        if _is_reply(fault) and not _ABOUT_CONTENT.match(fault):
            return fault
        # DATA has to know it, and must not take another one from the plan.
        cast(Any, envelope).fault = fault
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 aiosmtpd calls it so
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        source, fault = cast(bytes, envelope.original_content), cast(str, cast(Any, envelope).fault)
        recipient = envelope.rcpt_tos[0]
        wrong = complaints(source, envelope.mail_from or "", recipient)
        if wrong:
            return f"550 5.6.0 {'; '.join(wrong)}"
        if _is_reply(fault):
            return fault
        number = keep_source(self.mailbox, source, recipient).number
        if fault in ("drop", "half", "garbled", "gateway"):
            server.transport.abort()
        if fault == "slow":
            await self.faults.stall()
        return f"250 2.0.0 OK: queued as {number}"

    def _fault(self, address: str) -> str:
        fault = self.faults.take(address, self._magic)
        return _reply(fault) if fault else ""

    def _magic(self, address: str) -> Answer | None:
        prefix = address.partition("@")[0].partition("+")[0]
        if prefix == "greylist" and self.faults.first_time(address):
            return 451
        return _MAGIC.get(prefix)


def _reply(fault: Fault) -> str:
    """A fault as an SMTP reply, or as the name of an accident."""
    if isinstance(fault.answer, int):
        code = _BY_STATUS.get(fault.answer, fault.answer)
        return f"{code} {_REPLIES.get(code, 'Refused')}"
    return fault.answer


def _is_reply(fault: str) -> bool:
    return fault[:3].isdecimal()
