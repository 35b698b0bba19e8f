"""What conditions and decisions see of a customer who is in the store."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from learning.features.sight import asks_for_features, see
from store.customers import scope_of
from store.features import features_of
from store.tables import Customer


async def seen_of(
    session: AsyncSession, customer: Customer, asked: Mapping[str, Collection[str]] | None, now: datetime
) -> dict[str, Any]:
    """Of a customer's attributes and features what is asked for, as they are at `now` in UTC; None asks for
    everything."""
    features = await features_of(session, customer.id, asked) if asks_for_features(asked) else {}
    return see(scope_of(customer), features, now, asked)
