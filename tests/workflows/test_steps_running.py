"""The step that runs another journey, told as journeys: what is asked for, awaited, and called off."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowFailureError

from journeys.events import JOURNEY_REQUESTED, Event
from journeys.ids import run_request_id
from journeys.requests import Asker, request_properties
from tests.waiting import continues_as_new
from tests.workflows.conftest import Runs

PARENT = """
journey: parent
owner: maria
start: {event: Product Viewed}
goal: Order Completed
steps:
  - {id: other, run: child}
  - branch: [{if: "run.other.outcome == 'goal'", then: [{stop: it worked}]}]
  - {id: after, send: email, content: after}
"""


def asked_for(run: Any, step: str = "other") -> str:
    """The id of the event by which a run's step asks for another run."""
    return run_request_id(run.id, run.first_execution_run_id, step, 0)


async def ends(runs: Runs, run: Any, outcome: str, reason: str = "") -> None:
    """The run tells of its end that `run` asked for."""
    request, ended = asked_for(run), "child:c_1:-"
    await runs.happens(run, "Journey Ended", request=request, outcome=outcome, reason=reason, run=ended)


async def test_another_journey_is_asked_for_with_what_began_this_one(runs: Runs) -> None:
    run = await runs.start(PARENT, product_id="p_1")
    await runs.passes(timedelta(hours=1))
    (request,) = runs.world.requested
    assert (request.journey, request.waits, request.step_id) == ("child", True, "other")
    assert request.start.properties == {"product_id": "p_1"}
    await run.terminate()


async def test_the_run_goes_on_when_the_other_has_ended(runs: Runs) -> None:
    run = await runs.start(PARENT)
    await runs.passes(timedelta(days=2))
    assert runs.world.sent == []
    await ends(runs, run, "completed", "every step was done")
    await run.result()
    (after,) = runs.world.deliveries
    (told, _) = after.notes.records
    assert (told.outcome, told.detail) == ("completed", "every step was done")
    assert told.attributes == {"journey": "child", "child": "child:c_1:-"}


async def test_conditions_see_how_the_other_ended(runs: Runs) -> None:
    run = await runs.start(PARENT)
    await ends(runs, run, "goal")
    assert (await run.result()).reason == "it worked"


async def test_one_that_never_started_holds_nothing_up(runs: Runs) -> None:
    run = await runs.start(PARENT)
    await ends(runs, run, "holdout")
    assert (await run.result()).outcome == "completed"
    assert runs.world.sent == ["after"]


async def test_the_end_of_a_run_that_was_not_asked_for_wakes_nobody(runs: Runs) -> None:
    run = await runs.start(PARENT)
    await runs.happens(run, "Journey Ended", request="run_another", outcome="goal", reason="")
    await runs.passes(timedelta(days=1))
    assert runs.world.story == []
    await run.terminate()


async def test_one_that_is_not_waited_for_is_left_to_itself(runs: Runs) -> None:
    run = await runs.start(PARENT.replace("run: child", "run: child, wait: false"))
    await run.result()
    assert [request.waits for request in runs.world.requested] == [False]
    assert (runs.world.sent, runs.world.called_off) == (["after"], [])


async def test_a_goal_calls_off_the_run_that_is_waited_for(runs: Runs) -> None:
    run = await runs.start(PARENT)
    await runs.passes(timedelta(hours=1))
    await runs.happens(run, "Order Completed")
    assert (await run.result()).outcome == "goal"
    (off,) = runs.world.called_off
    assert (off.request_id, off.journey, off.reason) == (asked_for(run), "child", "goal reached: Order Completed")


async def test_so_does_the_end_of_its_life(runs: Runs) -> None:
    run = await runs.start(PARENT.replace("goal:", "life: 3d\ngoal:"))
    assert (await run.result()).outcome == "life"
    assert [off.journey for off in runs.world.called_off] == ["child"]


async def test_so_does_an_operator(runs: Runs) -> None:
    run = await runs.start(PARENT)
    await runs.passes(timedelta(hours=1))
    await run.cancel()
    with pytest.raises(WorkflowFailureError):
        await run.result()
    assert [off.journey for off in runs.world.called_off] == ["child"]


async def test_a_run_that_is_called_off_says_why_and_tells_its_end(runs: Runs) -> None:
    asker = Asker(workflow_id="parent:c_1:-", first_run_id="r_1", waits=True)
    viewed = Event(id="viewed", name="Product Viewed", at=await runs.env.get_current_time())
    start = viewed.model_copy(
        update={
            "id": "run_x",
            "name": JOURNEY_REQUESTED,
            "properties": request_properties("child", viewed, asker),
        }
    )
    run = await runs.start("{journey: child, owner: maria, start: {api: true}, steps: [{wait: 2d}]}", start=start)
    await runs.happens(run, "Journey Called Off", journey="child", request="run_y", reason="not meant")
    await runs.happens(run, "Journey Called Off", journey="child", request="run_x", reason="goal reached: Sale")
    result = await run.result()
    assert result.outcome == "stop"
    assert result.reason == "called off by the run that waited for it: goal reached: Sale"
    assert runs.world.closed[0].asked == start


async def test_a_run_that_waits_for_another_goes_on_waiting_after_it_continued_as_new(short_runs: Runs) -> None:
    run = await short_runs.start(PARENT)
    await asyncio.gather(*(short_runs.happens(run, "Page Viewed") for _ in range(40)))
    latest = short_runs.client.get_workflow_handle(run.id)
    await continues_as_new(latest, run.first_execution_run_id)
    await ends(short_runs, run, "completed")
    await latest.result()
    assert len(short_runs.world.requested) == 1
    assert short_runs.world.sent == ["after"]
