"""A run carries the journeys that its `run` steps lead to, as they were when it started."""

from starter.dispatch.launch import reachable
from starter.services import Services
from tests.dispatch.conftest import dispatch, history
from tests.starts.conftest import Person, publish, runs


async def test_a_run_carries_the_journeys_it_may_run_and_those_they_may(shop: Services, lena: Person) -> None:
    publish(shop, "{event: Signed Up}", name="parent", steps="[{branch: [{if: 'true', then: [{run: child}]}]}]")
    child = publish(shop, "{api: true}", name="child", steps="[{run: grandchild}]")
    grandchild = publish(shop, "{api: true}", name="grandchild")
    publish(shop, "{api: true}", name="stranger")
    await lena.does("Signed Up")
    await dispatch(shop)
    (run,) = await runs(shop)
    given = (await history(shop, run.workflow_id)).given
    assert given.others == {"child": child, "grandchild": grandchild}


async def test_an_edit_of_a_journey_does_not_reach_runs_that_may_still_run_it(
    shop: Services, lena: Person
) -> None:
    publish(shop, "{event: Signed Up}", name="parent", steps="[{run: child}]")
    before = publish(shop, "{api: true}", name="child", steps="[{wait: 1d}]")
    await lena.does("Signed Up")
    await dispatch(shop)
    publish(shop, "{api: true}", name="child", steps="[{wait: 2d}]")
    (run,) = await runs(shop)
    assert (await history(shop, run.workflow_id)).given.others["child"] == before


def test_journeys_that_lead_in_a_circle_are_each_there_once(shop: Services) -> None:
    one = publish(shop, "{event: Signed Up}", name="one", steps="[{run: two}]")
    two = publish(shop, "{api: true}", name="two", steps="[{run: one}]")
    assert reachable(one, shop.journeys) == {"one": one, "two": two}


def test_a_journey_that_does_not_exist_is_left_out(shop: Services) -> None:
    one = publish(shop, "{event: Signed Up}", name="one", steps="[{run: nowhere}]")
    assert reachable(one, shop.journeys) == {}
