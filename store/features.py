"""The features of customers, as they are kept with every event."""

from collections.abc import Collection
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.scores import list_fits
from store.tables import CustomerFeatures


async def feature_rows(session: AsyncSession, customer_ids: Collection[str]) -> dict[str, CustomerFeatures]:
    """The rows of those of the customers who have features, by their ids."""
    query = select(CustomerFeatures).where(col(CustomerFeatures.customer_id).in_(customer_ids))
    return {row.customer_id: row for row in (await session.exec(query)).all()}


async def features_of(session: AsyncSession, customer_id: str) -> dict[str, Any]:
    """One customer's features as a document, and the parameters of scores beside them under `fits`; empty for one
    without events."""
    row = await session.get(CustomerFeatures, customer_id)
    return {**row.document, "fits": await parameters(session)} if row else {}


async def next_features(session: AsyncSession, after: str, limit: int) -> list[CustomerFeatures]:
    """The features of the customers after an id, in the order of their ids; after the empty one come all."""
    query = select(CustomerFeatures).where(col(CustomerFeatures.customer_id) > after)
    return list((await session.exec(query.order_by(col(CustomerFeatures.customer_id)).limit(limit))).all())


async def parameters(session: AsyncSession) -> dict[str, dict[str, float]]:
    """The parameters of every score that was fitted, by its name."""
    return {name: fit.parameters for name, fit in (await list_fits(session)).items()}
