"""Connections to an SMTP server, signed in and kept for the next mail: a new one costs several round trips."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import aiosmtplib

# Servers close an idle connection after some minutes; few keep fewer than these open.
_IDLE_SECONDS = 30.0
_MOST_IDLE = 10


class SmtpConnections:
    """Lends a connection to one mail at a time. `make` gives one that is not connected yet."""

    def __init__(self, make: Callable[[], aiosmtplib.SMTP]) -> None:
        self._make = make
        self._idle: list[tuple[float, aiosmtplib.SMTP]] = []

    @asynccontextmanager
    async def borrow(self, timeout: float) -> AsyncGenerator[aiosmtplib.SMTP]:  # noqa: ASYNC109 it covers connecting only
        """A connection that answers. It is kept if the body ends well, and dropped otherwise.

        Raises aiosmtplib.SMTPException or TimeoutError when none can be had within `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            connection = await self._living() or await self._connected()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._keep(connection)

    async def close(self) -> None:
        """Say goodbye on every idle connection."""
        while self._idle:
            await _leave(self._idle.pop()[1])

    def _keep(self, connection: aiosmtplib.SMTP) -> None:
        if len(self._idle) < _MOST_IDLE:
            self._idle.append((time.monotonic(), connection))
        else:
            connection.close()

    async def _living(self) -> aiosmtplib.SMTP | None:
        while self._idle:
            since, connection = self._idle.pop()
            if time.monotonic() - since < _IDLE_SECONDS and await _answers(connection):
                return connection
            connection.close()
        return None

    async def _connected(self) -> aiosmtplib.SMTP:
        connection = self._make()
        try:
            await connection.connect()
        except BaseException:
            connection.close()
            raise
        return connection


async def _answers(connection: aiosmtplib.SMTP) -> bool:
    try:
        await connection.rset()
    except (aiosmtplib.SMTPException, OSError):
        return False
    return True


async def _leave(connection: aiosmtplib.SMTP) -> None:
    try:
        await connection.quit()
    except (aiosmtplib.SMTPException, OSError):
        connection.close()
