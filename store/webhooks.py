"""Reports of vendors that wait for their delivery to be known, and the tallies of their calls."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlmodel import and_, col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import Delivery, WaitingReport, WebhookTally


async def keep_waiting(session: AsyncSession, reports: Sequence[WaitingReport]) -> None:
    """Keep reports for which there is no delivery yet; one that is kept already stays as it is."""
    by_id = {report.id: report for report in reports}
    known = await session.exec(select(WaitingReport.id).where(col(WaitingReport.id).in_(by_id)))
    for report_id in set(known.all()):
        del by_id[report_id]
    session.add_all(by_id.values())


async def matching_reports(session: AsyncSession, limit: int) -> list[WaitingReport]:
    """Reports whose delivery has become known, oldest first."""
    same = and_(
        col(Delivery.provider_id) == col(WaitingReport.provider_id),
        col(Delivery.channel) == col(WaitingReport.channel),
    )
    query = select(WaitingReport).join(Delivery, same).order_by(col(WaitingReport.received_at)).limit(limit)
    return list((await session.exec(query)).all())


async def forget_reports(session: AsyncSession, report_ids: Collection[str]) -> None:
    """These reports have become events."""
    await session.exec(delete(WaitingReport).where(col(WaitingReport.id).in_(report_ids)))


async def waited_since(session: AsyncSession, before: datetime) -> bool:
    """Whether a report waits that came before a moment."""
    query = select(WaitingReport.id).where(col(WaitingReport.received_at) < before).limit(1)
    return (await session.exec(query)).first() is not None


async def give_up_waiting(session: AsyncSession, before: datetime) -> list[str]:
    """Forget reports that came before a moment: their messages are not ours. Gives the vendor of each."""
    query = (
        delete(WaitingReport).where(col(WaitingReport.received_at) < before).returning(col(WaitingReport.vendor))
    )
    return [row[0] for row in (await session.exec(query)).all()]


async def add_tallies(session: AsyncSession, counts: Mapping[tuple[str, str], int], at: datetime) -> None:
    """Add to the tallies, by vendor and what it is that came."""
    for (vendor, what), count in sorted(counts.items()):
        known = await session.exec(
            update(WebhookTally)
            .where(col(WebhookTally.vendor) == vendor, col(WebhookTally.what) == what)
            .values(count=col(WebhookTally.count) + count, last_at=at)
        )
        if not known.rowcount:
            session.add(WebhookTally(vendor=vendor, what=what, count=count, last_at=at))


async def list_tallies(session: AsyncSession) -> list[WebhookTally]:
    """Every tally, by vendor and what came."""
    query = select(WebhookTally).order_by(col(WebhookTally.vendor), col(WebhookTally.what))
    return list((await session.exec(query)).all())
