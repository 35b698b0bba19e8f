"""Journeys that journeys run: they start by their own rules, and whoever waits for one that does not is told."""

from typing import Any

import pytest

from journeys.events import JOURNEY_ENDED, JOURNEY_REQUESTED
from starter.ingestion.items import Envelope, Malformed, read_item
from starter.services import Services
from store.tables import EventRecord
from tests.dispatch.conftest import dispatch, history, rows
from tests.seeding import NOW
from tests.starts.conftest import Person, publish, runs

ASKER = {"workflow_id": "parent:c_1:-", "first_run_id": "r_1", "waits": True}


async def asks(lena: Person, journey: str = "child", **properties: Any) -> None:
    """A run of hers asks for another, and waits for its end."""
    await lena.does(JOURNEY_REQUESTED, journey=journey, asked_by=ASKER, **properties)


async def ends(shop: Services) -> list[tuple[str, str]]:
    """How the runs ended that the one that waits was told of."""
    told = [event for event in await rows(shop, EventRecord) if event.name == JOURNEY_ENDED]
    return [(event.properties["outcome"], event.properties["reason"]) for event in told]


@pytest.mark.parametrize("start", ["{api: true}", "{event: Signed Up}", "{segment: customer.gone}"])
async def test_a_run_may_ask_for_a_journey_however_it_is_started_otherwise(
    shop: Services, lena: Person, start: str
) -> None:
    publish(shop, start, name="child")
    await asks(lena, product_id="p_1")
    await dispatch(shop)
    (run,) = await runs(shop)
    assert (run.journey, run.state) == ("child", "open")
    assert (await history(shop, run.workflow_id)).given.start.properties["product_id"] == "p_1"
    assert await ends(shop) == []


async def test_its_own_condition_decides(shop: Services, lena: Person) -> None:
    publish(shop, "{api: true, where: start.price > 100.0}", name="child")
    await asks(lena, price=20.0)
    await dispatch(shop)
    assert await runs(shop) == []
    assert await ends(shop) == [("not_started", "child does not start so")]


async def test_its_rule_for_starting_again_holds(shop: Services, lena: Person) -> None:
    publish(shop, "{api: true, again: never}", name="child")
    await asks(lena)
    await asks(lena)
    await dispatch(shop)
    assert len(await runs(shop)) == 1
    assert await ends(shop) == [("not_started", "child may not start again yet")]


async def test_its_cap_holds(shop: Services, lena: Person, omar: Person) -> None:
    publish(shop, "{api: true, most: {starts: 1, within: 1d}}", name="child")
    await asks(lena)
    await dispatch(shop)
    await asks(omar)
    await dispatch(shop)
    assert await ends(shop) == [("not_started", "child has started often enough by now")]


async def test_those_held_out_of_it_stay_out(shop: Services, lena: Person) -> None:
    publish(shop, "{api: true}", "holdout: 100%", name="child")
    await asks(lena)
    await dispatch(shop)
    (run,) = await runs(shop)
    assert (run.state, run.outcome) == ("closed", "holdout")
    assert await ends(shop) == [("holdout", "the customer is in the holdout of child")]


async def test_a_journey_that_is_not_there_is_told(shop: Services, lena: Person) -> None:
    await asks(lena, "nowhere")
    publish(shop, "{event: Signed Up}")
    await dispatch(shop)
    assert await ends(shop) == [("not_started", "there is no journey 'nowhere'")]


async def test_nobody_is_told_when_nobody_waits(shop: Services, lena: Person) -> None:
    publish(shop, "{api: true, again: never}", name="child")
    for _ in range(2):
        await lena.does(JOURNEY_REQUESTED, journey="child", asked_by={**ASKER, "waits": False})
    await dispatch(shop)
    assert (len(await runs(shop)), await ends(shop)) == (1, [])


async def test_its_end_reaches_the_run_that_waits_and_no_other(shop: Services, lena: Person) -> None:
    for name in ("parent", "other"):
        publish(shop, "{event: Signed Up}", name=name)
    await lena.does("Signed Up")
    await dispatch(shop)
    parent, other = sorted(await runs(shop), key=lambda run: run.journey != "parent")
    asker = {"workflow_id": parent.workflow_id, "first_run_id": parent.first_run_id, "waits": True}
    await lena.does(JOURNEY_REQUESTED, journey="nowhere", asked_by=asker)
    await dispatch(shop)
    assert [event.name for event in (await history(shop, parent.workflow_id)).signals] == [JOURNEY_ENDED]
    assert (await history(shop, other.workflow_id)).signals == []


@pytest.mark.parametrize(
    ("item", "where"),
    [
        ({"event": "Journey Ended"}, "event"),
        ({"event": "Journey Called Off"}, "event"),
        ({"event": "Journey Requested", "properties": {"asked_by": ASKER}}, "properties.asked_by"),
    ],
)
def test_nobody_outside_speaks_for_a_run(item: dict[str, Any], where: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_item({"type": "track", "userId": "lena", **item}, Envelope(received_at=NOW))
    assert refused.value.field == where
