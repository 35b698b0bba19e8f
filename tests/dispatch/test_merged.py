"""Two customers who turn out to be one: their runs are told of each other's events, and none starts twice."""

import asyncio
from dataclasses import replace
from typing import Any

from temporalio.client import Client, Interceptor, OutboundInterceptor, SignalWorkflowInput

from starter.dispatch.dispatcher import waits_for_another_lane
from starter.ingestion.joining import merge_customers
from starter.services import Services
from store.tables import Customer, OutboxEntry, Run
from tests import seeding
from tests.dispatch.conftest import (
    Shopper,
    dispatch,
    dispatching,
    history,
    names,
    nothing_is_due,
    rows,
)
from tests.waiting import eventually


async def merge(shop: Services, keep: Shopper, gone: Shopper) -> None:
    async with shop.database.transaction() as session:
        await merge_customers(
            session, await keep.customer_id(), await gone.customer_id(), "ada", "they called", seeding.NOW
        )


async def test_a_purchase_of_the_one_is_told_to_the_run_of_the_other(
    shop: Services, lena: Shopper, omar: Shopper
) -> None:
    await lena.does("Signed Up")
    await omar.views("tent")
    workflow = await omar.workflow("tent")
    await dispatch(shop)
    await merge(shop, lena, omar)
    await lena.buys("tent")
    await dispatch(shop)
    assert names((await history(shop, workflow)).signals) == ["Order Completed"]
    (run,) = await rows(shop, Run)
    assert (run.workflow_id, run.customer_id) == (workflow, await lena.customer_id())


async def test_while_a_run_of_the_one_is_open_the_other_starts_none(
    shop: Services, lena: Shopper, omar: Shopper
) -> None:
    await lena.does("Signed Up")
    await omar.views("tent")
    await dispatch(shop)
    await merge(shop, lena, omar)
    await lena.views("tent")
    await lena.views("stove")
    await dispatch(shop)
    lena_id = await lena.customer_id()
    assert {(run.workflow_id.split(":")[2], run.customer_id) for run in await rows(shop, Run)} == {
        ("tent", lena_id),
        ("stove", lena_id),
    }


async def test_what_waited_for_delivery_is_delivered_for_the_survivor(
    shop: Services, lena: Shopper, omar: Shopper
) -> None:
    await lena.does("Signed Up")
    await omar.views("tent")
    await merge(shop, lena, omar)
    await dispatch(shop)
    (run,) = await rows(shop, Run)
    assert run.workflow_id == await lena.workflow("tent")


class Held(Interceptor):
    """A Temporal client whose signals wait until they are let go."""

    def __init__(self) -> None:
        self.waiting = asyncio.Event()
        self.go = asyncio.Event()
        self.under_way = 0
        self.most = 0

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 the SDK's name
        return _HeldCalls(next, self)


class _HeldCalls(OutboundInterceptor):
    def __init__(self, next: OutboundInterceptor, held: Held) -> None:  # noqa: A002 the SDK's name
        super().__init__(next)
        self._held = held

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:  # noqa: A002 the SDK's name
        self._held.under_way += 1
        self._held.most = max(self._held.most, self._held.under_way)
        self._held.waiting.set()
        await self._held.go.wait()
        await super().signal_workflow(input)
        self._held.under_way -= 1


async def test_the_survivors_events_wait_for_one_that_is_under_way_for_who_is_gone(
    shop: Services, lena: Shopper, omar: Shopper
) -> None:
    await lena.does("Signed Up")
    await omar.views("tent")
    workflow = await omar.workflow("tent")
    await dispatch(shop)
    held = Held()
    config: Any = shop.temporal.config()
    slow = replace(shop, temporal=Client(**{**config, "interceptors": [held]}))
    await omar.buys("tent")
    async with dispatching(slow) as dispatcher:
        await held.waiting.wait()
        await merge(shop, lena, omar)
        await lena.does("Order Completed", products=[{"product_id": "stove"}])
        dispatcher.wake()
        (gone,) = [c for c in await rows(shop, Customer) if c.merged_into]
        (kept,) = [c for c in await rows(shop, Customer) if not c.merged_into]
        assert waits_for_another_lane(kept, dispatcher.busy)
        assert waits_for_another_lane(gone, dispatcher.busy)
        held.go.set()
        await eventually(lambda: nothing_is_due(shop))
    assert held.most == 1
    told = (await history(shop, workflow)).signals
    assert [event.properties["products"][0]["product_id"] for event in told] == ["tent", "stove"]
    assert await rows(shop, OutboxEntry) == []


async def test_two_open_runs_of_one_journey_both_go_on_and_both_are_told(
    shop: Services, lena: Shopper, omar: Shopper
) -> None:
    await lena.views("tent")
    await omar.views("tent")
    workflows = [await lena.workflow("tent"), await omar.workflow("tent")]
    await dispatch(shop)
    await merge(shop, lena, omar)
    await lena.views("tent")
    await lena.buys("tent")
    await dispatch(shop)
    for workflow in workflows:
        assert names((await history(shop, workflow)).signals)[-1] == "Order Completed"
    assert sorted(run.workflow_id for run in await rows(shop, Run)) == sorted(workflows)
