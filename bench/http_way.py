"""A journey started and advanced over HTTP, as a shop's backend does it: the way of an event from door to send."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from journeys.ids import workflow_id
from store.database import Database
from store.identity import owners_of

_PRODUCT = "lumen-2"
_KEY = "bench-write-key"


class OverHttp:
    """Events are posted to the API; its dispatcher starts and signals the runs."""

    def __init__(self, http: httpx.AsyncClient, database: Database) -> None:
        self._http = http
        self._database = database
        self._customers: dict[str, str] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, address: str, database_url: str) -> "AsyncGenerator[OverHttp]":
        """The way to an API at an address, with the store it writes to."""
        database = Database(database_url)
        async with httpx.AsyncClient(base_url=address, auth=(_KEY, ""), timeout=30) as http:
            yield cls(http, database)
        await database.close()

    async def prepare(self, keys: Sequence[str], *, parked: bool = False) -> None:
        """Tell who the customers are, and where they can be reached."""
        zone = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
        for key in keys:
            context = {"timezone": zone, "device": {"token": f"token-{key}"}}
            traits = {"first_name": "Lena", "consents": {"push": True}}
            await self._post("identify", {"userId": key, "traits": traits, "context": context})
        async with self._database.reading() as session:
            owners = await owners_of(session, [("user", key) for key in keys])
        self._customers.update({value: owner for (_, value), owner in owners.items()})

    async def start(self, key: str) -> str:
        product = {"product_id": _PRODUCT, "name": "Lumen 2 tent", "price": 329.0}
        await self._post("track", {"userId": key, "event": "Product Viewed", "properties": product})
        return workflow_id("two-messages", self._customers[key], _PRODUCT)

    async def signal(self, key: str) -> None:
        await self._post(
            "track", {"userId": key, "event": "Product Added", "properties": {"product_id": _PRODUCT}}
        )

    async def _post(self, call: str, body: dict[str, Any]) -> None:
        answer = await self._http.post(f"/v1/{call}", json=body)
        answer.raise_for_status()
