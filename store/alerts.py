"""The alerts that left, to see whether they get through. What they said is not kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import Alert

_KEPT = timedelta(days=90)


async def keep_alert(session: AsyncSession, alert: Alert) -> None:
    """Remember what came of an alert, and forget those of more than 90 days ago."""
    session.add(alert)
    await session.exec(delete(Alert).where(col(Alert.told_at) < alert.told_at - _KEPT))


async def list_alerts(session: AsyncSession, since: datetime) -> Sequence[Alert]:
    """The alerts that left since a moment, the latest first."""
    query = select(Alert).where(col(Alert.told_at) >= since).order_by(col(Alert.told_at).desc())
    return (await session.exec(query)).all()
