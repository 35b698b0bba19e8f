"""The part of the Python client that is about guardrails: `sojourn.guardrails`, for people."""

from typing import Any
from urllib.parse import quote

from starter.client.calling import Ask


class GuardrailCalls:
    """Shows how guardrails stand, and arms them again. Calls raise starter.client.errors.SojournError."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def list(self, state: str = "", page: int = 1) -> dict[str, Any]:
        """One page of the guardrails of every journey, tripped ones first; in one state when it is given."""
        params = {"page": str(page), **({"state": state} if state else {})}
        return await self._ask("GET", "/v1/guardrails", params=params)

    async def get(self, journey: str) -> dict[str, Any]:
        """How one journey stands."""
        return await self._ask("GET", f"/v1/guardrails/{quote(journey, safe='')}")

    async def rearm(self, journey: str, reason: str, name: str = "") -> dict[str, Any]:
        """Arm what tripped again, all of a journey or one by its name."""
        path = f"/v1/guardrails/{quote(journey, safe='')}/rearm"
        return await self._ask("POST", path, json={"reason": reason, "name": name})
