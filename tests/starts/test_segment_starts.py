"""Becoming one of a segment starts a journey: at the change, once, and again only after having left."""

from dataclasses import replace
from datetime import UTC, datetime

from temporalio.testing import ActivityEnvironment

from activities.perceiving import Perceiving
from journeys.events import SEGMENT_ENTERED
from journeys.segments import Segment
from starter.segments.keeping import look_at_due, segments_of
from starter.services import Services
from store.tables import Membership, Run
from tests.dispatch.conftest import (
    Reaper,
    dispatch,
    forget_leader,
    history,
    mortal,
    rows,
)
from tests.dispatch.test_faults import run_until_killed
from tests.starts.conftest import NAME, Person, publish, runs
from workflows.ports import RunRef, SetRequest

AT_RISK = "{segment: customer.churn > 0.7, again: one at a time}"


async def test_a_customer_who_becomes_one_of_the_segment_starts(shop: Services, lena: Person) -> None:
    publish(shop, AT_RISK)
    await lena.becomes(churn=0.5)
    await dispatch(shop)
    assert await runs(shop) == []
    await lena.becomes(churn=0.8)
    await dispatch(shop)
    (run,) = await runs(shop)
    assert (await history(shop, run.workflow_id)).given.start.name == SEGMENT_ENTERED


async def test_attributes_that_a_run_sets_make_a_customer_one_of_the_segment_at_once(
    shop: Services, lena: Person
) -> None:
    publish(shop, AT_RISK)
    await lena.becomes(churn=0.5)
    await dispatch(shop)
    request = SetRequest(
        run=RunRef(
            workflow_id="w", first_run_id="r", journey="j", version="v", customer_id=await lena.customer_id()
        ),
        step_id="set_1",
        pass_=0,
        now=datetime.now(UTC),
        attributes={"churn": 0.8},
    )
    await ActivityEnvironment().run(Perceiving(shop.database).set_attributes, request)
    assert await look_at_due(shop.database, segments_of(shop), datetime.now(UTC)) == 1
    await dispatch(shop)
    (run,) = await runs(shop)
    assert (await history(shop, run.workflow_id)).given.start.name == SEGMENT_ENTERED


async def test_who_stays_in_the_segment_does_not_start_again(shop: Services, lena: Person) -> None:
    publish(shop, "{segment: customer.churn > 0.7, again: any time}")
    for churn in (0.8, 0.9):
        await lena.becomes(churn=churn)
        await dispatch(shop)
    assert len(await runs(shop)) == 1


async def test_leaving_is_recorded_and_coming_back_is_another_start(shop: Services, lena: Person) -> None:
    publish(shop, "{segment: customer.churn > 0.7, again: any time}")
    members: list[bool] = []
    for churn in (0.8, 0.1, 0.8):
        await lena.becomes(churn=churn)
        await dispatch(shop)
        (membership,) = await rows(shop, Membership)
        members.append(membership.member)
    assert members == [True, False, True]
    assert len(await runs(shop)) == 2


async def test_who_was_never_in_the_segment_leaves_no_record(shop: Services, lena: Person) -> None:
    publish(shop, AT_RISK)
    await lena.becomes(name="Lena")
    await dispatch(shop)
    assert await rows(shop, Membership) == []


async def test_a_declared_segment_starts_the_journeys_that_name_it(shop: Services) -> None:
    publish(shop, "{segment: at-risk}")
    declared = replace(shop, segments={"at-risk": Segment.model_validate({"if": "customer.churn > 0.7"})})
    shopper = Person(declared, "lena")
    await shopper.becomes(churn=0.8)
    await dispatch(declared)
    (run,) = await runs(shop)
    assert (await history(shop, run.workflow_id)).given.start.properties["segment"] == "at-risk"


async def test_each_customer_has_their_own_membership(shop: Services, lena: Person, omar: Person) -> None:
    publish(shop, AT_RISK)
    await lena.becomes(churn=0.8)
    await omar.becomes(churn=0.9)
    await dispatch(shop)
    assert {run.customer_id for run in await runs(shop)} == {await lena.customer_id(), await omar.customer_id()}


async def test_killed_between_any_two_steps_a_change_of_segment_starts_exactly_one_run(
    shop: Services, database_url: str
) -> None:
    publish(shop, AT_RISK)
    counter = Reaper()
    await _killed(shop, database_url, counter, "counted")
    assert counter.passed >= 8
    for point in range(1, counter.passed + 1):
        await _killed(shop, database_url, Reaper(at=point), f"killed-at-{point}")


async def _killed(shop: Services, database_url: str, reaper: Reaper, user_id: str) -> None:
    shopper = Person(shop, user_id)
    await shopper.becomes(churn=0.8)
    doomed = mortal(shop, reaper, database_url)
    await run_until_killed(doomed, reaper)
    await doomed.database.close()
    await forget_leader(shop)
    await dispatch(shop)
    (run,) = [run for run in await rows(shop, Run) if run.customer_id == await shopper.customer_id()]
    assert run.state == "open"
    assert (await history(shop, run.workflow_id)).given.journey == shop.journeys[NAME]


async def test_a_start_cut_short_goes_on_though_the_customer_has_left_the_segment_meanwhile(
    shop: Services, lena: Person, database_url: str
) -> None:
    publish(shop, AT_RISK)
    await lena.becomes(churn=0.8)
    reaper = Reaper(at=6)  # the lease, what was first told, and the row of the run are done; the start is not
    doomed = mortal(shop, reaper, database_url)
    await run_until_killed(doomed, reaper)
    await doomed.database.close()
    assert [run.state for run in await runs(shop)] == ["starting"]
    await lena.becomes(churn=0.1)
    await forget_leader(shop)
    await dispatch(shop)
    (run,) = await runs(shop)
    assert run.state == "open"
    assert [membership.member for membership in await rows(shop, Membership)] == [False]
