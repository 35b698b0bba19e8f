"""The part of the Python client that is about changes under review: `sojourn.changes`, for people."""

from typing import Any
from urllib.parse import quote

from starter.client.calling import Ask


class ChangeCalls:
    """Lists, proposes, decides and takes back changes. Calls raise starter.client.errors.SojournError."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def list(self, state: str = "", page: int = 1) -> dict[str, Any]:
        """One page of changes, those proposed last first; in one state when it is given."""
        params = {"page": str(page), **({"state": state} if state else {})}
        return await self._ask("GET", "/v1/changes", params=params)

    async def get(self, change_id: str) -> dict[str, Any]:
        """One change, with what differs and what it touches."""
        return await self._ask("GET", _path(change_id))

    async def loosen(self, journey: str, reason: str) -> dict[str, Any]:
        """Propose that a journey that was tightened may do by itself again what its own tier says."""
        return await self._ask("POST", "/v1/changes/loosenings", json={"journey": journey, "reason": reason})

    async def approve(self, change_id: str) -> dict[str, Any]:
        """Agree for one's groups; says which must still agree."""
        return await self._ask("POST", f"{_path(change_id)}/decision", json={"decision": "approve"})

    async def reject(self, change_id: str, reason: str) -> dict[str, Any]:
        """Keep a change from going live."""
        body = {"decision": "reject", "reason": reason}
        return await self._ask("POST", f"{_path(change_id)}/decision", json=body)

    async def roll_back(self, change_id: str) -> dict[str, Any]:
        """Make live again what was so before a change."""
        return await self._ask("POST", f"{_path(change_id)}/rollback")


def _path(change_id: str) -> str:
    return f"/v1/changes/{quote(change_id, safe='')}"
