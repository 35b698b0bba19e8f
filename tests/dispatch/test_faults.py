"""Whatever dies or is away, an accepted event reaches every run it concerns, in order, and starts no run twice."""

import asyncio
import contextlib
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from starter.dispatch.dispatcher import Dispatcher
from starter.services import Services
from store.database import Database
from store.tables import OutboxEntry, Run
from tests import seeding
from tests.dispatch.conftest import (
    Killed,
    Reaper,
    Shopper,
    dispatch,
    dispatching,
    forget_leader,
    history,
    mortal,
    names,
    nothing_is_due,
    rows,
    started_times,
)
from tests.waiting import eventually
from workflows import search_attributes


async def run_until_killed(shop: Services, reaper: Reaper) -> None:
    """A process delivers until the reaper strikes or all is delivered; nothing of it is cleaned up after."""
    task = asyncio.create_task(Dispatcher(shop).run())
    struck = asyncio.create_task(reaper.struck.wait())
    done = asyncio.create_task(eventually(lambda: nothing_is_due(shop)))
    await asyncio.wait([task, struck, done], return_when=asyncio.FIRST_COMPLETED)
    for each in (task, struck, done):
        each.cancel()
        with contextlib.suppress(asyncio.CancelledError, Killed):
            await each


async def live_a_little(shop: Services, shopper: Shopper) -> None:
    """One event to signal, then one that starts a second run and one that concerns both."""
    await shopper.buys("not-this")
    await shopper.views("second")
    await shopper.does("Unsubscribed", channel="push")


async def test_killed_between_any_two_steps_nothing_is_lost_and_nothing_doubled(
    shop: Services, database_url: str
) -> None:
    counter = Reaper()
    await _kill_and_recover(shop, database_url, counter, "counted")
    assert counter.passed >= 16
    for point in range(1, counter.passed + 1):
        await _kill_and_recover(shop, database_url, Reaper(at=point), f"killed-at-{point}")


async def _kill_and_recover(shop: Services, database_url: str, reaper: Reaper, user_id: str) -> None:
    shopper = Shopper(shop, user_id)
    await shopper.views("first")
    await dispatch(shop)
    await live_a_little(shop, shopper)
    doomed = mortal(shop, reaper, database_url)
    await run_until_killed(doomed, reaper)
    await doomed.database.close()
    await forget_leader(shop)
    await dispatch(shop)

    first, second = await shopper.workflow("first"), await shopper.workflow("second")
    own = [run for run in await rows(shop, Run) if run.customer_id == await shopper.customer_id()]
    assert sorted((run.workflow_id, run.state) for run in own) == [(first, "open"), (second, "open")]
    await _was_told(shop, first, ["Order Completed", "Unsubscribed"])
    await _was_told(shop, second, ["Unsubscribed"])
    for run in own:
        found = await shop.temporal.get_workflow_handle(run.workflow_id).describe()
        assert found.run_id == run.first_run_id


async def _was_told(shop: Services, workflow: str, expected: list[str]) -> None:
    """Each event must come, and in order. Only the signal that was under way may come twice: a run recognises
    it by the event's id."""
    signals = (await history(shop, workflow)).signals
    once = {event.id: event for event in signals}
    assert names(list(once.values())) == expected
    assert len(signals) <= len(once) + 1
    numbers = [event.seq for event in signals]
    assert numbers == sorted(numbers)


async def test_a_start_that_was_cut_short_and_ran_to_its_end_is_not_started_again(
    shop: Services, database_url: str
) -> None:
    """The worker may be quicker than the recovery: by then the run is over, and its id free again."""
    lena = Shopper(shop, "lena")
    await lena.views("fjell-3")
    reaper = Reaper(at=6)  # the lease, the row and the start are done; the answer is not
    doomed = mortal(shop, reaper, database_url)
    await run_until_killed(doomed, reaper)
    await doomed.database.close()
    await shop.temporal.get_workflow_handle(await lena.workflow("fjell-3")).terminate()
    await forget_leader(shop)
    await dispatch(shop)
    await eventually(lambda: _is_visible(shop, lena))
    assert await started_times(shop, await lena.workflow("fjell-3")) == 1


async def _is_visible(shop: Services, shopper: Shopper) -> bool:
    return await started_times(shop, await shopper.workflow("fjell-3")) > 0


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def test_events_accepted_while_temporal_is_down_arrive_when_it_is_up(database: Database) -> None:
    port = _free_port()
    client = await Client.connect(f"127.0.0.1:{port}", lazy=True, data_converter=pydantic_data_converter)
    shop = await seeding.services(database, client)
    lena, omar = Shopper(shop, "lena"), Shopper(shop, "omar")
    async with dispatching(shop):
        for shopper in (lena, omar):
            await shopper.views("fjell-3")
            await shopper.buys("a")
            await shopper.buys("b")
        await eventually(lambda: _has_tried(shop))
        assert len(await rows(shop, OutboxEntry)) == 6
        async with await WorkflowEnvironment.start_local(
            port=port,
            dev_server_existing_path=str(Path(sys.executable).parent / "temporal"),
            search_attributes=search_attributes.ALL,
        ):
            await eventually(lambda: nothing_is_due(shop))
            for shopper in (lena, omar):
                signals = (await history(shop, await shopper.workflow("fjell-3"))).signals
                assert [s.properties["products"][0]["product_id"] for s in signals] == ["a", "b"]


async def _has_tried(shop: Services) -> bool:
    return len(await rows(shop, Run)) == 2


async def test_the_database_going_away_does_not_end_the_dispatcher(
    shop: Services, caplog: pytest.LogCaptureFixture
) -> None:
    gone = Database("postgresql://nobody@127.0.0.1:1/none")
    async with dispatching(replace(shop, database=gone)) as dispatcher:
        for _ in range(2):
            caplog.clear()
            await eventually(lambda: _is_told(caplog))
        assert not dispatcher.leads
    await gone.close()


async def _is_told(caplog: pytest.LogCaptureFixture) -> bool:
    return "the outbox could not be read" in caplog.text
