"""Folds events into the features of their customers: one read and one write for all of a request."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from learning.features.document import fold_all
from learning.features.observed import Observed
from starter.ingestion.changes import Change
from starter.ingestion.incoming import Incoming
from store.features import feature_rows
from store.tables import CustomerFeatures


async def fold_features(
    session: AsyncSession, changes: Sequence[Change], now: datetime
) -> dict[str, CustomerFeatures]:
    """Fold new events, in their order, into the features of customers whom the transaction has locked, and give
    these by customer. They are written when the session is flushed."""
    if not changes:
        return {}
    by_customer: dict[str, list[Observed]] = {}
    for customer, event in changes:
        by_customer.setdefault(customer.id, []).append(observed(event, now))
    known = await feature_rows(session, by_customer.keys())
    folded: dict[str, CustomerFeatures] = {}
    for customer_id, events in by_customer.items():
        row = known.get(customer_id) or CustomerFeatures(customer_id=customer_id, document={}, changed_at=now)
        row.document, row.changed_at = fold_all(row.document, events), now
        session.add(row)
        folded[customer_id] = row
    return folded


def observed(event: Incoming, now: datetime) -> Observed:
    """An event as features see it. One that is dated in the future counts as of now: a sender's wrong clock must
    not put what comes later in the past."""
    return Observed(event.name, int(min(event.at, now).timestamp()), event.properties, event.visit)
