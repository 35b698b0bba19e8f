"""The part of the Python client that is about suppressed addresses: `sojourn.suppressions`. Every call is made for
a person, and raises starter.client.errors.SojournError."""

from typing import Any

from starter.client.calling import Ask

_PATH = "/v1/suppressions"


class SuppressionCalls:
    """Lists addresses that nothing is sent to, puts them there and takes them off."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def list(self, reason: str = "", page: int = 1) -> dict[str, Any]:
        """One page of the list, the latest first; for one reason only when it is given."""
        params = {"page": str(page), **({"reason": reason} if reason else {})}
        return await self._ask("GET", _PATH, params=params)

    async def find(self, address: str) -> dict[str, Any]:
        """Why nothing is sent to an address."""
        return await self._ask("POST", f"{_PATH}/search", json={"address": address})

    async def add(self, address: str, reason: str = "manual") -> dict[str, Any]:
        """Send nothing to an address from now on."""
        return await self._ask("POST", _PATH, json={"address": address, "reason": reason})

    async def remove(self, address: str) -> dict[str, Any]:
        """Let messages go to an address again."""
        return await self._ask("POST", f"{_PATH}/release", json={"address": address})
