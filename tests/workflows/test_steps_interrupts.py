"""Whatever a step waits for, a goal, a stop or an opt-out ends the run at once."""

from datetime import timedelta

import pytest
from temporalio.client import WorkflowFailureError

from tests.workflows.conftest import Runs, asks, asks_first
from workflows.journey import CustomerJourney
from workflows.ports import DeliverRequest, Held, Sent

HEAD = """
journey: waits
owner: maria
start: {event: Product Viewed}
goal: {event: Order Completed, within: 20d}
stop: [Account Closed]
steps:
"""
WAITS = {
    "wait": "{id: it, wait: 10d}",
    "date": "{id: it, wait: {until: start.at, plus: 10d}}",
    "wait_for": "{id: it, wait_for: Cart Updated, within: 10d}",
    "wait_for_all": "{id: it, wait_for: [Cart Updated, Card Added], need: all, within: 10d}",
    "hold": "{id: it, send: email, content: held}",
    "send_asked": "{id: it, send: email, content: asked, approval: {group: marketing, within: 10d}}",
    "approve": "{id: it, approve: support, about: May we?, within: 10d}",
    "act_asked": "{id: it, act: refund, approval: {group: support, within: 10d}}",
    "agent": "{agent: it, id: it, goal: Tried, horizon: 10d, cadence: 9d, actions: [{option: tip}]}",
    "repeat": "{repeat: 3, steps: [{id: it, wait: 10d}]}",
}


async def waiting(runs: Runs, kind: str, step: str) -> None:
    runs.world.answers("it", *({"send_asked": [asks], "act_asked": [asks_first]}.get(kind, [])))
    if kind == "hold":
        until = await runs.env.get_current_time() + timedelta(days=10)
        runs.world.answers("it", Held(until=until, reason="quiet hours"))


@pytest.mark.parametrize(("kind", "step"), WAITS.items(), ids=WAITS)
@pytest.mark.parametrize(
    ("event", "outcome"), [("Order Completed", "goal"), ("Account Closed", "stop"), ("Unsubscribed", "opt_out")]
)
async def test_it_ends_every_kind_of_wait_at_once(
    runs: Runs, kind: str, step: str, event: str, outcome: str
) -> None:
    await waiting(runs, kind, step)
    run = await runs.start(f"{HEAD}  - {step}\n  - {{id: never, send: email, content: never}}")
    await runs.passes(timedelta(hours=2))
    await runs.happens(run, event)
    assert (await run.result()).outcome == outcome
    closed = runs.world.closed[0]
    assert closed.ended_at - closed.started_at < timedelta(hours=3)
    assert "never" not in runs.world.sent
    assert runs.world.story[-1] == "it interrupted"


@pytest.mark.parametrize(("days", "outcome"), [(5, "goal"), (25, "completed")])
async def test_a_goal_counts_only_within_its_time(runs: Runs, days: int, outcome: str) -> None:
    run = await runs.start(f"{HEAD}  - {{wait: 28d}}")
    await runs.passes(timedelta(days=days))
    await runs.happens(run, "Order Completed")
    assert (await run.result()).outcome == outcome


async def test_a_message_that_leaves_while_an_operator_stops_the_run_is_told_as_sent(runs: Runs) -> None:
    async def stopped_meanwhile(_: DeliverRequest) -> Sent:
        await run.cancel()
        await run.query(CustomerJourney.progress)  # by then it knows
        return Sent(delivery_id="d_it", provider_id="p1", channel="email")

    runs.world.answers("it", stopped_meanwhile)
    run = await runs.start(f"{HEAD}  - {{id: it, send: email, content: it}}\n  - {{id: never, wait: 1d}}")
    with pytest.raises(WorkflowFailureError):
        await run.result()
    assert runs.world.story == ["it sent", "never interrupted"]
    assert [closed.outcome for closed in runs.world.closed] == ["operator"]
