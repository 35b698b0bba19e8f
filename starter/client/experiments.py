"""The part of the Python client that is about experiments: `sojourn.experiments`. Every call is made for a person,
and raises starter.client.errors.SojournError."""

from typing import Any
from urllib.parse import quote

from starter.client.calling import Ask

_PATH = "/v1/experiments"


class ExperimentCalls:
    """Plans, starts, reports on and stops experiments."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def list(self, state: str = "", page: int = 1) -> dict[str, Any]:
        """One page of experiments, those planned last first; in one state only when it is given."""
        params = {"page": str(page), **({"state": state} if state else {})}
        return await self._ask("GET", _PATH, params=params)

    async def plan(self, **plan: Any) -> dict[str, Any]:
        """Compute and keep a plan: the fields of starter.experiments.planning.PlanBody."""
        return await self._ask("POST", _PATH, json=plan)

    async def get(self, name: str) -> dict[str, Any]:
        """One experiment, with its plan, its state and its conclusion."""
        return await self._ask("GET", _path(name))

    async def report(self, name: str) -> dict[str, Any]:
        """What it says now, or said at its stop."""
        return await self._ask("GET", f"{_path(name)}/report")

    async def start(self, name: str) -> dict[str, Any]:
        """Let the customers count who come from now on."""
        return await self._ask("POST", f"{_path(name)}/start")

    async def stop(self, name: str, reason: str = "") -> dict[str, Any]:
        """Let nobody count from now on; gives the conclusion."""
        return await self._ask("POST", f"{_path(name)}/stop", json={"reason": reason})


def _path(name: str) -> str:
    return f"{_PATH}/{quote(name, safe='')}"
