"""The features of customers, as they are kept with every event."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.ledger import sent_to
from store.scores import list_fits
from store.tables import CustomerFeatures


async def feature_rows(session: AsyncSession, customer_ids: Collection[str]) -> dict[str, CustomerFeatures]:
    """The rows of those of the customers who have features, by their ids."""
    query = select(CustomerFeatures).where(col(CustomerFeatures.customer_id).in_(customer_ids))
    return {row.customer_id: row for row in (await session.exec(query)).all()}


async def features_of(
    session: AsyncSession, customer_id: str, asked: Collection[str] | None = None
) -> dict[str, Any]:
    """One customer's features as a document, and the parameters of scores beside them under `fits`; empty for one
    without events. Of what stands elsewhere only what is asked for; None is everything."""
    row = await session.get(CustomerFeatures, customer_id)
    if row is None:
        return {}
    document = {**row.document, "fits": await parameters(session)}
    return (await with_messages(session, {customer_id: document}, asked))[customer_id]


async def with_messages(
    session: AsyncSession, documents: Mapping[str, dict[str, Any]], asked: Collection[str] | None = None
) -> dict[str, dict[str, Any]]:
    """The documents of some customers with what was sent to them, where that is asked for, from the ledger."""
    if not documents or (asked is not None and "messages" not in asked):
        return dict(documents)
    sent = await sent_to(session, documents.keys())
    return {
        owner: {**document, "messages": {**document.get("messages", {}), "sent": sent.get(owner, {})}}
        for owner, document in documents.items()
    }


async def next_features(session: AsyncSession, after: str, limit: int) -> list[CustomerFeatures]:
    """The features of the customers after an id, in the order of their ids; after the empty one come all."""
    query = select(CustomerFeatures).where(col(CustomerFeatures.customer_id) > after)
    return list((await session.exec(query.order_by(col(CustomerFeatures.customer_id)).limit(limit))).all())


async def parameters(session: AsyncSession) -> dict[str, dict[str, float]]:
    """The parameters of every score that was fitted, by its name."""
    return {name: fit.parameters for name, fit in (await list_fits(session)).items()}
