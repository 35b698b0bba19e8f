"""The features of customers, as they are kept with every event."""

from collections.abc import Collection
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import CustomerFeatures


async def feature_rows(session: AsyncSession, customer_ids: Collection[str]) -> dict[str, CustomerFeatures]:
    """The rows of those of the customers who have features, by their ids."""
    query = select(CustomerFeatures).where(col(CustomerFeatures.customer_id).in_(customer_ids))
    return {row.customer_id: row for row in (await session.exec(query)).all()}


async def features_of(session: AsyncSession, customer_id: str) -> dict[str, Any]:
    """One customer's features as a document; empty for one without events."""
    row = await session.get(CustomerFeatures, customer_id)
    return row.document if row else {}
