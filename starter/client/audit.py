"""The part of the Python client that is about the audit log: `sojourn.audit`, for people who may read it.

Calls raise starter.client.errors.SojournError.
"""

from collections.abc import Callable, Coroutine
from datetime import date
from typing import Any

import httpx

Answer = Callable[..., Coroutine[Any, Any, httpx.Response]]
"""Asks the server as starter.client.calling.Ask does, and gives its answer as it came."""

_PATH = "/v1/audit"


class AuditCalls:
    """Reads the audit log, gives it out and verifies it. Days are UTC's, and both count."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def list(
        self,
        *,
        kind: str = "",
        subject: str = "",
        by: str = "",
        customer: str = "",
        since: date | None = None,
        until: date | None = None,
        page: int = 1,
    ) -> dict[str, Any]:
        """One page of entries, the latest first; of one kind, subject, person or customer when it is given."""
        named = {"kind": kind, "subject": subject, "by": by, "customer": customer}
        params = {**{name: given for name, given in named.items() if given}, **_days(since, until), "page": page}
        return (await self._answer("GET", _PATH, params=params)).json()

    async def export(
        self, customer: str = "", *, since: date | None = None, until: date | None = None, head: str = ""
    ) -> str:
        """All entries of one customer or of a period in the order of the chain, as a text that proves itself: keep
        it in a file for `sojourn audit verify FILE`. It leads through `head`, COUNT:HASH, if one is given.

        Raises Refused when neither is given, or there is no such customer or head.
        """
        named = {name: given for name, given in (("customer", customer), ("head", head)) if given}
        answer = await self._answer("GET", f"{_PATH}/export", params={**named, **_days(since, until)})
        return answer.text

    async def verify(self) -> dict[str, Any]:
        """Check every link of the chain now: the log is whole when there are no `faults`."""
        return (await self._answer("GET", f"{_PATH}/verification")).json()


def _days(since: date | None, until: date | None) -> dict[str, str]:
    return {name: day.isoformat() for name, day in (("since", since), ("until", until)) if day}
