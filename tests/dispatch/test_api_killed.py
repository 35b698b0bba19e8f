"""The API is killed with SIGKILL between any two steps of an event's way to Temporal. Its sender sends again,
another process takes over, and every event has arrived once, in order."""

import asyncio
import signal
from collections.abc import Generator
from contextlib import ExitStack

import pytest
from temporalio.client import Client

from starter.client import Sojourn
from starter.local.ports import free_ports
from starter.services import Services
from store.database import Database
from store.tables import EventRecord, Run
from tests import seeding
from tests.dispatch import doomed_api
from tests.dispatch.conftest import (
    Shopper,
    forget_leader,
    history,
    names,
    nothing_is_due,
    rows,
    started_times,
)
from tests.faults.doomed_worker import Point
from tests.waiting import eventually

POINTS = {
    "read, not written": Point("before", "starter.ingestion.acceptance:Ingestion._write", nth=2),
    "committed, not answered": Point("after", "starter.ingestion.acceptance:Ingestion.accept", nth=2),
    "admitted, not started": Point("before", "starter.dispatch.launch:Launcher.start"),
    "started, not recorded": Point("after", "starter.dispatch.launch:Launcher.start"),
    "signalled, not taken off the outbox": Point("after", "starter.dispatch.courier:signal"),
}
IN_A_TRANSACTION = Point("after", "starter.ingestion.acceptance:Ingestion._write", nth=2)
"""Only there does it matter which database it is."""
SENT = ["Product Viewed", "Order Completed", "Page Viewed", "Order Completed", "Unsubscribed"]

pytestmark = pytest.mark.xdist_group("kill")


@pytest.fixture
def processes() -> Generator[ExitStack]:
    """The processes of a test; none outlives it."""
    with ExitStack() as running:
        yield running


@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS)
async def test_killed_at_any_point_the_api_loses_and_doubles_nothing(
    point: Point,
    sqlite_database: Database,
    sqlite_url: str,
    temporal: Client,
    temporal_address: str,
    processes: ExitStack,
) -> None:
    shop = await seeding.services(sqlite_database, temporal)
    await _survives(point, shop, sqlite_url, temporal_address, processes)


async def test_killed_before_the_commit_the_api_loses_and_doubles_nothing(
    shop: Services, database_url: str, temporal_address: str, processes: ExitStack
) -> None:
    await _survives(IN_A_TRANSACTION, shop, database_url, temporal_address, processes)


async def _survives(
    point: Point, shop: Services, database_url: str, temporal_address: str, processes: ExitStack
) -> None:
    lena, (port,) = Shopper(shop, "lena"), free_ports(1)
    doomed = doomed_api.start(temporal_address, database_url, port, point)
    processes.callback(doomed.kill)
    sending = asyncio.create_task(_send(port))
    await asyncio.to_thread(doomed.join, 60)
    assert doomed.exitcode == -signal.SIGKILL
    await forget_leader(shop)
    successor = doomed_api.start(temporal_address, database_url, port, None)
    processes.callback(successor.kill)
    await sending
    await eventually(lambda: nothing_is_due(shop))

    events = sorted(await rows(shop, EventRecord), key=lambda event: event.seq)
    assert [event.id for event in events] == [f"m{n}" for n in range(len(SENT))]
    assert len(await rows(shop, Run)) == 1
    workflow = await lena.workflow("fjell-3")
    signals = (await history(shop, workflow)).signals
    # A signal that was under way comes again; the run knows it by its id.
    assert names(list({event.id: event for event in signals}.values())) == [
        "Order Completed",
        "Order Completed",
        "Unsubscribed",
    ]
    assert [event.seq for event in signals] == sorted(event.seq for event in signals)
    assert len(signals) <= 4
    await eventually(lambda: _was_started_once(shop, workflow))


async def _send(port: int) -> None:
    """One after the other, each sent until it is taken, as a backend service does."""
    properties = {"product_id": "fjell-3", "products": [{"product_id": "other"}], "channel": "push"}
    async with Sojourn(f"http://127.0.0.1:{port}", "key", attempts=60, sleep=_soon) as sojourn:
        for number, name in enumerate(SENT):
            await sojourn.track("lena", name, properties, message_id=f"m{number}")


async def _soon(_seconds: float) -> None:
    await asyncio.sleep(0.2)


async def _was_started_once(shop: Services, workflow: str) -> bool:
    return await started_times(shop, workflow) == 1
