"""Accepted events start journeys and reach the runs they concern, in the customer's order."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from journeys.ids import delivery_key
from journeys.model import Journey
from starter import leadership
from starter.app import create_app
from starter.dispatch.launch import Launcher
from starter.services import Services
from store.outbox import list_dead, revive
from store.runs import close_run
from store.tables import OutboxEntry, Run
from tests import seeding
from tests.dispatch.conftest import (
    JOURNEY,
    Shopper,
    dispatch,
    dispatching,
    history,
    names,
    only_run,
    rows,
    started_times,
)
from tests.waiting import eventually
from workflows.search_attributes import JOURNEY_CUSTOMER, JOURNEY_NAME

DAYS_AGO_8 = timedelta(days=8)


async def test_an_event_starts_its_journey(shop: Services, lena: Shopper) -> None:
    await lena.views("fjell-3")
    await dispatch(shop)
    given = (await history(shop, await lena.workflow("fjell-3"))).given
    assert given.customer_id == await lena.customer_id()
    assert given.start.properties == {"product_id": "fjell-3"}
    assert given.journey == shop.journeys[JOURNEY]
    run = await only_run(shop)
    assert (run.state, run.start_seq, run.version) == ("open", given.start.seq, given.journey.version)


async def test_a_run_tells_its_story_in_the_temporal_ui(shop: Services, lena: Shopper) -> None:
    await lena.views("fjell-3")
    await dispatch(shop)
    workflow, customer = await lena.workflow("fjell-3"), await lena.customer_id()
    found = await shop.temporal.get_workflow_handle(workflow).describe()
    assert found.typed_search_attributes[JOURNEY_NAME] == JOURNEY
    assert found.typed_search_attributes[JOURNEY_CUSTOMER] == customer
    memo = await found.memo()
    assert memo["owner"] == "maria@northwind.example"
    assert memo["version"] == shop.journeys[JOURNEY].version
    assert memo["console"].startswith("http://127.0.0.1:8080/runs/browse-abandonment")
    assert memo["trace"] == memo["console"] + "/trace"
    assert await found.static_summary() == f"{JOURNEY} for {customer}, started by Product Viewed"
    assert (await only_run(shop)).first_run_id == found.run_id


async def test_a_run_gets_the_events_it_waits_for_in_order(shop: Services, lena: Shopper) -> None:
    await lena.views("fjell-3")
    for product in ("a", "b", "c"):
        await lena.buys(product)
    await lena.does("Page Viewed")
    await lena.does("Unsubscribed", channel="email")
    await dispatch(shop)
    signals = (await history(shop, await lena.workflow("fjell-3"))).signals
    assert names(signals) == ["Order Completed"] * 3 + ["Unsubscribed"]
    assert [s.properties["products"][0]["product_id"] for s in signals[:3]] == ["a", "b", "c"]
    assert [s.seq for s in signals] == sorted(s.seq for s in signals)


async def test_the_event_that_starts_one_run_is_no_signal_to_it(shop: Services, lena: Shopper) -> None:
    await lena.views("fjell-3")
    await lena.views("other")
    await dispatch(shop)
    for product in ("fjell-3", "other"):
        assert (await history(shop, await lena.workflow(product))).signals == []


async def test_nobody_elses_events_reach_a_run(shop: Services, lena: Shopper, omar: Shopper) -> None:
    await lena.views("fjell-3")
    await omar.views("fjell-3")
    await omar.buys("fjell-3")
    await dispatch(shop)
    assert (await history(shop, await lena.workflow("fjell-3"))).signals == []
    assert names((await history(shop, await omar.workflow("fjell-3"))).signals) == ["Order Completed"]


async def test_an_outcome_reaches_only_the_run_whose_message_it_is(shop: Services, lena: Shopper) -> None:
    await lena.views("fjell-3")
    await lena.views("other")
    await dispatch(shop)
    run = next(r for r in await rows(shop, Run) if r.workflow_id.endswith("fjell-3"))
    sent = seeding.delivery("d_1", "reminder", "browse-reminder", "email", "sent", timedelta())
    sent.id = delivery_key(run.workflow_id, run.first_run_id, "reminder", 0)
    sent.workflow_id, sent.first_run_id, sent.customer_id = run.workflow_id, run.first_run_id, run.customer_id
    await seeding.put(shop.database, sent)
    await lena.does("Email Opened", delivery_id=sent.id)
    await dispatch(shop)
    assert names((await history(shop, await lena.workflow("fjell-3"))).signals) == ["Email Opened"]
    assert (await history(shop, await lena.workflow("other"))).signals == []


async def test_a_run_of_an_older_version_is_told_everything(shop: Services, lena: Shopper) -> None:
    await lena.views("fjell-3")
    await dispatch(shop)
    edited = shop.journeys[JOURNEY].model_copy(update={"description": "edited"})
    shop.journeys[JOURNEY] = edited
    await lena.does("Page Viewed")
    await dispatch(shop)
    seen = await history(shop, await lena.workflow("fjell-3"))
    assert names(seen.signals) == ["Page Viewed"]
    assert seen.given.journey != edited


async def test_an_event_without_the_journeys_key_starts_nothing(shop: Services, lena: Shopper) -> None:
    await lena.does("Product Viewed", sku="no product id")
    await dispatch(shop)
    assert await rows(shop, Run) == []


async def end_run(shop: Services, run: Run) -> None:
    await shop.temporal.get_workflow_handle(run.workflow_id).terminate("the test ends it")
    async with shop.database.transaction() as session:
        await close_run(session, run.workflow_id, run.first_run_id, "completed", "", datetime.now(UTC))


async def test_there_are_never_two_runs_of_one_key_at_once(shop: Services, lena: Shopper) -> None:
    await lena.views("fjell-3", datetime.now(UTC) - DAYS_AGO_8)
    await lena.views("fjell-3")
    await dispatch(shop)
    assert len(await rows(shop, Run)) == 1


@pytest.mark.parametrize(("after", "runs"), [(timedelta(days=6, hours=23), 1), (timedelta(days=7), 2)])
async def test_a_customer_may_enter_again_after_the_journeys_time(
    after: timedelta, runs: int, shop: Services, lena: Shopper
) -> None:
    first = datetime.now(UTC) - DAYS_AGO_8
    await lena.views("fjell-3", first)
    await dispatch(shop)
    await end_run(shop, await only_run(shop))
    await lena.views("fjell-3", first + after)
    await dispatch(shop)
    assert len(await rows(shop, Run)) == runs
    await eventually(lambda: _has_runs(shop, lena, runs))


async def _has_runs(shop: Services, shopper: Shopper, count: int) -> bool:
    return await started_times(shop, await shopper.workflow("fjell-3")) == count


async def test_a_run_that_is_gone_is_closed_with_the_reason(shop: Services, lena: Shopper) -> None:
    await lena.views("fjell-3")
    await dispatch(shop)
    await shop.temporal.get_workflow_handle(await lena.workflow("fjell-3")).terminate()
    await lena.buys("fjell-3")
    await dispatch(shop)
    run = await only_run(shop)
    assert (run.state, run.outcome, run.reason) == ("closed", "lost", "terminated in Temporal")


async def test_a_run_that_ended_by_itself_keeps_its_own_end(shop: Services, lena: Shopper) -> None:
    await lena.views("fjell-3")
    await dispatch(shop)
    run = await only_run(shop)
    await lena.buys("fjell-3")
    await end_run(shop, run)
    await dispatch(shop)
    assert (await only_run(shop)).outcome == "completed"


async def test_what_temporal_refuses_for_ever_is_dead_and_holds_nobody_up(shop: Services, lena: Shopper) -> None:
    await lena.views("fjell-3")
    await dispatch(shop)
    await lena.does("Order Completed", products=[{"product_id": "x" * 3_000_000}])
    await lena.buys("b")
    await dispatch(shop)
    assert names((await history(shop, await lena.workflow("fjell-3"))).signals) == ["Order Completed"]
    async with shop.database.transaction() as session:
        (dead,) = (await list_dead(session)).rows
        assert "exceeds" in dead.reason
        assert await revive(session, [dead.event], by="omar", at=datetime.now(UTC)) == 1
    await dispatch(shop)
    assert len(await rows(shop, OutboxEntry)) == 1


async def test_someone_elses_workflow_under_our_id_is_left_alone(shop: Services, lena: Shopper) -> None:
    await lena.does("Page Viewed")
    await shop.temporal.start_workflow("ByHand", id=await lena.workflow("fjell-3"), task_queue="none")
    await lena.views("fjell-3")
    await dispatch(shop)
    assert await rows(shop, Run) == []
    found = await shop.temporal.get_workflow_handle(await lena.workflow("fjell-3")).describe()
    assert found.workflow_type == "ByHand"


async def test_a_request_reaches_the_run_without_waiting_for_a_poll(
    shop: Services, lena: Shopper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("starter.dispatch.dispatcher.POLL", 60)
    app = create_app(shop)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client,
    ):
        view = {"userId": "lena", "event": "Product Viewed", "properties": {"product_id": "fjell-3"}}
        await client.post("/v1/track", json={**view, "writeKey": "key"})
        await eventually(lambda: _is_open(shop))
        assert (await client.get("/readyz")).json() == {"database": True, "temporal": True}


async def _is_open(shop: Services) -> bool:
    return [run.state for run in await rows(shop, Run)] == ["open"]


async def test_of_two_dispatchers_one_leads_and_the_other_takes_over(
    shop: Services, lena: Shopper, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy machine may keep the leader silent for its whole term, and then another leads rightly.
    monkeypatch.setattr(leadership, "TERM", timedelta(hours=1))
    async with dispatching(shop):
        await lena.views("a")
        await eventually(lambda: _is_open(shop))
        async with dispatching(shop) as second:
            await lena.views("b")
            await eventually(lambda: _count(shop, 2))
            assert not second.leads
    await lena.views("c")
    await dispatch(shop)
    assert await _count(shop, 3)


async def _count(shop: Services, count: int) -> bool:
    return len(await rows(shop, Run)) == count


async def test_an_unforeseen_error_in_one_customers_event_does_not_stop_the_others(
    shop: Services, lena: Shopper, omar: Shopper, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = Launcher.start

    async def broken_for_lena(self: Launcher, run: Run, journey: Journey, *more: object) -> str:
        if run.customer_id == await lena.customer_id():
            raise ZeroDivisionError("a bug")
        return await start(self, run, journey, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Launcher, "start", broken_for_lena)
    await lena.views("fjell-3")
    await omar.views("fjell-3")
    async with dispatching(shop):
        await eventually(lambda: _one_open(shop))
    (entry,) = await rows(shop, OutboxEntry)
    assert entry.customer_id == await lena.customer_id()
    assert entry.last_error == "ZeroDivisionError: a bug"
    assert entry.not_before is not None


async def _one_open(shop: Services) -> bool:
    states = sorted(run.state for run in await rows(shop, Run))
    return states == ["open", "starting"] and any(e.attempts for e in await rows(shop, OutboxEntry))
