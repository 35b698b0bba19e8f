"""A shop that events come to, and what its store then says about who is who."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import SQLModel, select

from project.model import IdentityRules
from starter.ingestion.acceptance import Ingestion
from starter.ingestion.items import Envelope, read_item
from starter.ingestion.joining import merge_customers, unmerge_customers
from store.database import Database
from store.tables import Customer, EventRecord, Identity, Merge

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)


class Shop:
    """Takes in Segment's calls."""

    def __init__(self, database: Database, rules: IdentityRules = IdentityRules()) -> None:
        self.database = database
        self.ingestion = Ingestion(database, ["email", "sms"], lambda: None, rules=rules)
        self.count = 0

    async def takes(self, *calls: dict[str, Any]) -> None:
        """Accept calls, in one batch. Each gets the next number as its message id unless it has one."""
        items: list[dict[str, Any]] = []
        for call in calls:
            self.count += 1
            items.append({"messageId": f"m{self.count}", "timestamp": NOW.isoformat(), **call})
        await self.ingestion.accept([read_item(item, Envelope(received_at=NOW)) for item in items])

    async def all(self, table: type[SQLModel]) -> list[Any]:
        async with self.database.reading() as session:
            return list((await session.exec(select(table))).all())

    async def people(self) -> set[frozenset[str]]:
        """The ids that are one person's, as `kind:value`; digests cut to their kind."""
        owners: dict[str, set[str]] = {}
        for identity in await self.all(Identity):
            told = identity.kind if len(identity.value) == 64 else f"{identity.kind}:{identity.value}"
            owners.setdefault(identity.customer_id, set()).add(told)
        return {frozenset(ids) for ids in owners.values()}

    async def customer(self, user_id: str) -> Customer:
        """The customer with a user id."""
        owner = next(i.customer_id for i in await self.all(Identity) if (i.kind, i.value) == ("user", user_id))
        return next(customer for customer in await self.all(Customer) if customer.id == owner)

    async def events(self, customer_id: str) -> list[str]:
        """The message ids of a customer's events, in order."""
        kept: Iterable[EventRecord] = await self.all(EventRecord)
        return [event.id for event in sorted(kept, key=lambda e: e.seq or 0) if event.customer_id == customer_id]

    async def merge(self, keep: str, gone: str) -> Merge:
        async with self.database.transaction() as session:
            return await merge_customers(session, keep, gone, "ada", "they called", NOW)

    async def unmerge(self, merge: Merge) -> None:
        assert merge.id is not None
        async with self.database.transaction() as session:
            await unmerge_customers(session, merge.id, "ada", NOW)


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)


def identify(user: str = "", anonymous: str = "", **more: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": user or None, "anonymousId": anonymous or None, **more}


def alias(user: str, previous: str) -> dict[str, Any]:
    return {"type": "alias", "userId": user, "previousId": previous}


def view(user: str = "", anonymous: str = "", **more: Any) -> dict[str, Any]:
    ids = {"userId": user or None, "anonymousId": anonymous or None}
    return {"type": "track", "event": "Product Viewed", **ids, **more}
