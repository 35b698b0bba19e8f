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

    async def tell(self, products: Sequence[dict[str, Any]], *, source: str = "feed") -> dict[str, Any]:
        """Take products in, a thousand at once. Gives how many were new and changed, and the events of that.
        `source` is `folder` for what the project's own `catalogue.yaml` says."""
        return await self._ask("PUT", f"{_PATH}/products", json={"products": list(products), "source": source})

    async def keep_only(
        self, product_ids: Sequence[str], *, sure: bool = False, source: str | None = None
    ) -> dict[str, Any]:
        """Withdraw all products but these, or of those that one `source` told. Without `sure` more than half of
        what is sold is refused."""
        body = {"product_ids": list(product_ids), "sure": sure, "source": source}
        return await self._ask("PUT", f"{_PATH}/range", json=body)

    async def change(self, product_id: str, **changed: Any) -> dict[str, Any]:
        """Take in another `price` or `stock` of a product."""
        return await self._ask("PATCH", f"{_PATH}/products/{quote(product_id, safe='')}", json=changed)
