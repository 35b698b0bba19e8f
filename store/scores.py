"""The parameters of scores, as the last fit left them."""

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import ScoreFit


async def list_fits(session: AsyncSession) -> dict[str, ScoreFit]:
    """The last fit of each score that was ever fitted, by its name."""
    return {fit.score: fit for fit in (await session.exec(select(ScoreFit))).all()}


async def keep_fit(session: AsyncSession, fit: ScoreFit) -> None:
    """Keep a fit in place of the last one of the same score."""
    await session.merge(fit)
