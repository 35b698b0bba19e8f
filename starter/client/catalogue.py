"""The part of the Python client that is about products: `sojourn.catalogue`. Every call is made for a person or a
service with the permission `catalogue:write`, and raises starter.client.errors.SojournError."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from starter.client.calling import Ask

_PATH = "/v1/catalogue"


class CatalogueCalls:
    """Tells what a shop sells."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def tell(self, products: Sequence[dict[str, Any]]) -> dict[str, int]:
        """Take products in, a thousand at once. Gives how many were new and changed, and the events of that."""
        return await self._ask("PUT", f"{_PATH}/products", json={"products": list(products)})

    async def keep_only(self, product_ids: Sequence[str], *, sure: bool = False) -> dict[str, int]:
        """Withdraw all products but these. Without `sure` more than half of what is sold is refused."""
        return await self._ask("PUT", f"{_PATH}/range", json={"product_ids": list(product_ids), "sure": sure})

    async def change(self, product_id: str, **changed: Any) -> dict[str, int]:
        """Take in another `price` or `stock` of a product."""
        return await self._ask("PATCH", f"{_PATH}/products/{quote(product_id, safe='')}", json=changed)
