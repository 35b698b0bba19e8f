"""A long history continues as new in the middle of a step, and the run does not notice."""

import asyncio
from datetime import timedelta

from temporalio.client import WorkflowHandle

from tests.waiting import continues_as_new
from tests.workflows.conftest import Runs, asks, decision, is_asking
from workflows.journey import CustomerJourney
from workflows.ports import DeliverRequest, DeliverResult, Held
from workflows.state import RunResult

Handle = WorkflowHandle[CustomerJourney, RunResult]


async def moves(runs: Runs, run: Handle) -> Handle:
    """Let so much happen that the run continues as new; gives the run as it is then."""
    latest = runs.client.get_workflow_handle_for(CustomerJourney.run, run.id)
    before = (await latest.describe()).run_id
    # More than the limit, and then quiet: the server refuses to continue a run while signals keep coming.
    await asyncio.gather(*(runs.happens(latest, "Page Viewed") for _ in range(40)))
    await continues_as_new(latest, before)
    return latest


async def test_a_repetition_goes_on_counting(short_runs: Runs) -> None:
    run = await short_runs.start(
        """
        journey: repeats
        owner: maria
        start: {event: Product Viewed}
        life: 90d
        steps: [{repeat: 12, steps: [{id: mail, send: email, content: mail}, {wait: 1d}]}]
        """
    )
    await run.result()
    assert [d.pass_ for d in short_runs.world.deliveries] == list(range(12))
    latest = short_runs.client.get_workflow_handle(run.id)
    assert (await latest.describe()).run_id != run.first_execution_run_id
    assert short_runs.world.records[-1].attributes == {"turns": 12}


async def test_steps_without_any_wait_continue_as_new_too(short_runs: Runs) -> None:
    run = await short_runs.start(
        """
        journey: repeats
        owner: maria
        start: {event: Product Viewed}
        steps: [{repeat: 12, steps: [{id: mail, send: email, content: mail}]}]
        """
    )
    await run.result()
    assert len(short_runs.world.deliveries) == 12
    assert (await short_runs.client.get_workflow_handle(run.id).describe()).run_id != run.first_execution_run_id


async def test_an_agent_keeps_its_turns_its_clock_and_its_goal(short_runs: Runs) -> None:
    run = await short_runs.start(
        """
        journey: agent
        owner: maria
        start: {event: Product Viewed}
        steps:
          - agent: buy
            goal: Tried
            horizon: 20d
            cadence: 2d
            most: 3
            actions: [{option: tip, then: [{id: tip, send: push, content: tip}]}]
            otherwise: [{id: farewell, send: email, content: farewell}]
        """
    )
    await short_runs.passes(timedelta(days=1))
    await moves(short_runs, run)
    await run.result()
    assert short_runs.world.sent == ["tip", "tip", "tip", "farewell"]
    took = short_runs.world.deliveries[-1].now - short_runs.now
    assert timedelta(days=6) <= took < timedelta(days=6, hours=1)


async def test_what_came_of_several_awaited_events_is_kept_and_so_is_the_deadline(short_runs: Runs) -> None:
    text = """
        journey: both
        owner: maria
        start: {event: Product Viewed}
        steps: [{wait_for: [Profile Completed, Card Added], need: all, within: 1d}]
        """
    run = await short_runs.start(text)
    await short_runs.happens(run, "Card Added")
    latest = await moves(short_runs, run)
    await short_runs.happens(latest, "Profile Completed")
    await run.result()
    assert short_runs.world.story == ["wait_for_1 came"]

    run = await short_runs.start(text)
    await short_runs.passes(timedelta(hours=20))
    await moves(short_runs, run)
    await run.result()
    took = short_runs.world.closed[-1].ended_at - short_runs.now
    assert timedelta(days=1) <= took < timedelta(days=1, minutes=1)


async def test_an_event_before_the_move_is_known_to_the_wait_for_after_it(short_runs: Runs) -> None:
    run = await short_runs.start(
        """
        journey: later
        owner: maria
        start: {event: Product Viewed}
        steps: [{wait: 5h}, {wait_for: Card Added, within: 1h}]
        """
    )
    await short_runs.happens(run, "Card Added")
    await moves(short_runs, run)
    await run.result()
    assert short_runs.world.story == ["wait_1 elapsed", "wait_for_2 came"]


async def test_a_grant_outlives_the_move_during_a_hold(short_runs: Runs) -> None:
    def held(request: DeliverRequest) -> DeliverResult:
        assert request.grant
        return Held(until=request.now + timedelta(hours=9), reason="quiet hours")

    short_runs.world.answers("offer", asks, held, asks)
    run = await short_runs.start(
        """
        journey: offer
        owner: maria
        start: {event: Product Viewed}
        steps: [{id: offer, send: email, content: offer, approval: marketing}]
        """
    )
    await is_asking(run)
    await run.execute_update(CustomerJourney.decide_approval, decision())
    await moves(short_runs, run)
    await run.result()
    assert short_runs.world.story == ["offer sent"]
    assert [d.grant is not None for d in short_runs.world.deliveries] == [False, True, True]


async def test_an_edit_outlives_the_move_and_so_does_who_agreed_to_it(short_runs: Runs) -> None:
    short_runs.world.answers("offer", asks, asks)
    run = await short_runs.start(
        """
        journey: offer
        owner: maria
        start: {event: Product Viewed}
        steps: [{id: offer, send: email, content: offer, approval: {group: marketing, people: 2}}]
        """
    )
    await is_asking(run)
    edits = {"subject": "Hi"}
    await run.execute_update(CustomerJourney.decide_approval, decision(approver="lars", edits=edits))
    latest = await moves(short_runs, run)
    await is_asking(latest)
    edited = decision(content_hash=f"hash of {sorted(edits.items())}")
    answer = await latest.execute_update(CustomerJourney.decide_approval, edited)
    assert answer == "approved by lars, ada"
    await run.result()
    grant = short_runs.world.deliveries[-1].grant
    assert grant is not None
    assert (grant.by, grant.edits) == ("lars, ada", edits)


async def test_a_hold_is_recorded_once_from_its_real_start_to_its_real_end(short_runs: Runs) -> None:
    def held(request: DeliverRequest) -> DeliverResult:
        return Held(until=morning, reason="quiet hours")

    run = await short_runs.start(
        """
        journey: mail
        owner: maria
        start: {event: Product Viewed}
        steps: [{id: mail, send: email, content: mail}]
        """
    )
    began, morning = short_runs.now, short_runs.now + timedelta(hours=9)
    short_runs.world.answers("mail", held, held)
    await short_runs.passes(timedelta(hours=2))
    await moves(short_runs, run)
    await run.result()
    (hold,) = short_runs.world.pauses
    assert hold.started_at - began < timedelta(hours=1)
    assert hold.ended_at >= morning
