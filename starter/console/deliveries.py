"""The ledger as a page: every message that left or did not, and what became of it."""

from typing import get_args

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from starter.console.page import PageRoute, SignedIn
from starter.listings import PageNumber
from store.history import list_deliveries
from store.tables import DeliveryState

router = APIRouter(route_class=PageRoute)


@router.get("/deliveries")
async def show_deliveries(
    console: SignedIn,
    state: str = "",
    channel: str = "",
    page: PageNumber = 1,
) -> HTMLResponse:
    """Deliveries, the latest first, in one state or over one channel when asked."""
    async with console.services.database.reading() as session:
        found = await list_deliveries(session, state=state, channel=channel, number=page)
    return await console.show(
        "deliveries.html",
        found=found,
        state=state,
        channel=channel,
        states=get_args(DeliveryState),
        channels=sorted(console.services.project.channels),
    )
