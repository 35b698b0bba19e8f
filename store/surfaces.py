"""Messages inside the shop's own app and site: placed once, shown while they are live, taken back when stale."""

from datetime import datetime
from typing import Literal

from sqlmodel import col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import Delivery, SurfaceMessage

Report = Literal["seen", "clicked", "dismissed"]
"""What a customer did with a message."""


async def place(session: AsyncSession, message: SurfaceMessage) -> None:
    """Put a message where its customer will come by. One that is there already stays as it is."""
    if await session.get(SurfaceMessage, message.id) is None:
        session.add(message)


async def live_messages(
    session: AsyncSession, customer_id: str, surface: str, now: datetime
) -> list[SurfaceMessage]:
    """What the customer is to be shown on a surface at `now`, newest first."""
    query = (
        select(SurfaceMessage)
        .where(
            col(SurfaceMessage.customer_id) == customer_id,
            col(SurfaceMessage.surface) == surface,
            col(SurfaceMessage.valid_until) > now,
            col(SurfaceMessage.dismissed_at).is_(None),
            col(SurfaceMessage.withdrawn_at).is_(None),
        )
        .order_by(col(SurfaceMessage.placed_at).desc(), col(SurfaceMessage.id))
    )
    return list((await session.exec(query)).all())


async def find_message(session: AsyncSession, message_id: str) -> SurfaceMessage | None:
    return await session.get(SurfaceMessage, message_id)


async def mark(session: AsyncSession, message_id: str, report: Report, at: datetime) -> None:
    """Keep when the customer first did this with a message."""
    done = {"seen": "seen_at", "clicked": "clicked_at", "dismissed": "dismissed_at"}[report]
    column = col(getattr(SurfaceMessage, done))
    await session.exec(
        update(SurfaceMessage).where(col(SurfaceMessage.id) == message_id, column.is_(None)).values({done: at})
    )


async def withdraw_run(session: AsyncSession, workflow_id: str, first_run_id: str, at: datetime) -> None:
    """Take back what a run has placed. What was read in the inbox stays there, as a mail would."""
    of_run = select(Delivery.id).where(
        col(Delivery.workflow_id) == workflow_id, col(Delivery.first_run_id) == first_run_id
    )
    await session.exec(
        update(SurfaceMessage)
        .where(
            col(SurfaceMessage.id).in_(of_run),
            col(SurfaceMessage.withdrawn_at).is_(None),
            or_(col(SurfaceMessage.seen_at).is_(None), col(SurfaceMessage.surface) != "inbox"),
        )
        .values(withdrawn_at=at)
    )
