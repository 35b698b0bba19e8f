"""The part of the Python client that is about customers: `sojourn.customers`. Every call is made for a person."""

from typing import Any
from urllib.parse import quote

from starter.client.calling import Ask


class CustomerCalls:
    """Looks customers up, explains, exports, merges and erases them. Calls raise SojournError."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def search(self, named: str = "", page: int = 1) -> dict[str, Any]:
        """One page of customers, the newest first; only those known by an id or address when one is given."""
        params = {"page": str(page)}
        if not named:
            return await self._ask("GET", "/v1/customers", params=params)
        return await self._ask("POST", "/v1/customers/search", params=params, json={"named": named})

    async def get(self, customer_id: str) -> dict[str, Any]:
        """What is known of a customer."""
        return await self._ask("GET", _path(customer_id))

    async def timeline(self, customer_id: str, page: int = 1) -> dict[str, Any]:
        """One page of what happened to a customer, the latest first."""
        return await self._ask("GET", f"{_path(customer_id)}/timeline", params={"page": str(page)})

    async def explain(self, customer_id: str, journey: str = "") -> dict[str, Any]:
        """Why a customer did or did not enter journeys and get messages; of one journey when it is given."""
        return await self._ask("GET", f"{_path(customer_id)}/explain", params={"journey": journey})

    async def export(self, customer_id: str) -> dict[str, Any]:
        """Everything that is known of a customer."""
        return await self._ask("GET", f"{_path(customer_id)}/export")

    async def merge(self, keep: str, gone: str, reason: str) -> dict[str, Any]:
        """Make two customers one; `keep` keeps the id. Gives the number by which it can be undone."""
        return await self._ask("POST", f"{_path(keep)}/merge", json={"gone": gone, "reason": reason})

    async def unmerge(self, number: int) -> dict[str, Any]:
        """Undo a merge, and keep the two apart from then on."""
        return await self._ask("POST", f"/v1/merges/{number}/undo")

    async def erase(self, customer_id: str, *, suppress: bool = False) -> dict[str, Any]:
        """Begin the erasure of a customer, and give its proof so far."""
        body = {"confirm": customer_id, "suppress": suppress}
        return await self._ask("POST", f"{_path(customer_id)}/erase", json=body)

    async def erasure(self, customer_id: str) -> dict[str, Any]:
        """The proof of an erasure; it is done when `done_at` is there."""
        return await self._ask("GET", f"/v1/erasures/{quote(customer_id, safe='')}")

    async def erasures(self, page: int = 1) -> dict[str, Any]:
        """One page of erasures, the latest first."""
        return await self._ask("GET", "/v1/erasures", params={"page": str(page)})


def _path(customer_id: str) -> str:
    return f"/v1/customers/{quote(customer_id, safe='')}"
