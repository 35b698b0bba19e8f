"""A question holds why it is asked now, and why about this rather than something else."""

from datetime import timedelta
from typing import Any

from journeys.grounds import Alternative, Grounds
from journeys.model import Journey
from store.tables import Approval, Run
from store.versions import publish
from tests.activities.conftest import NOON, RUN, Desk, decision, refund, rows
from workflows.ports import Notes, RunRef, StepRecord

WAITED = StepRecord(
    step_id="back",
    kind="wait_for",
    started_at=NOON - timedelta(hours=4),
    ended_at=NOON,
    outcome="timed_out",
    detail="no Parcel Received within 4h",
)


async def grounds(desk: Desk, **changes: Any) -> Grounds:
    """What a question about a refund rests on."""
    await desk.act(refund(**changes))
    [approval] = await rows(desk.database, Approval)
    return Grounds.model_validate(approval.grounds)


async def published(desk: Desk) -> RunRef:
    """The run, of a journey that the store knows."""
    steps: list[dict[str, Any]] = [
        {"id": "back", "wait_for": "Parcel Received", "within": "4h"},
        {
            "id": "worth",
            "branch": [{"when": "start.amount > 50", "then": [{"id": "refund", "act": "refund", "with": {}}]}],
        },
    ]
    journey = Journey.model_validate(
        {"journey": "winback", "owner": "maria", "start": {"event": "Order Returned"}, "steps": steps}
    )
    async with desk.database.transaction() as session:
        await publish(session, journey, "maria", NOON)
    return RUN.model_copy(update={"version": journey.version})


async def test_it_says_what_began_the_run_and_what_ended_its_last_wait(desk: Desk):
    await desk.happens("Order Returned", seq=1)
    async with desk.database.transaction() as session:
        session.add(Run(**RUN.model_dump(), start_seq=1, state="open", started_at=NOON))
    held = await grounds(desk, run=await published(desk), notes=Notes(records=(WAITED,)))
    assert [moment.what for moment in held.now] == [
        "it began with “Order Returned”",
        "4 hours passed without “Parcel Received”",
    ]


async def test_of_what_a_planner_chose_it_has_the_other_options_and_those_that_were_closed(desk: Desk):
    chosen: dict[str, Any] = {
        "workflow_id": RUN.workflow_id, "first_run_id": RUN.first_run_id, "option": "refund", "steps": ["refund"],
        "options": ["voucher", "refund", "sorry"], "expected": {"refund": 3.0, "sorry": 1.0}, "why": "explored",
        "probabilities": {"voucher": 0.1, "refund": 0.6, "sorry": 0.3}, "probability": 0.6,
        "closed_options": {"call": "no consent"},
    }  # fmt: skip
    elsewhere: dict[str, Any] = chosen | {
        "option": "call",
        "steps": ["call"],
        "decided_at": NOON - timedelta(minutes=1),
    }
    later: dict[str, Any] = chosen | {"option": "later", "decided_at": NOON + timedelta(hours=1)}
    async with desk.database.transaction() as session:
        session.add(decision(1, **chosen, decided_at=NOON - timedelta(hours=1)))
        session.add(decision(2, **elsewhere))
        session.add(decision(3, **later))
    held = (await grounds(desk)).chosen
    assert held is not None
    assert (held.option, held.probability, held.expected, held.why) == ("refund", 0.6, 3.0, "explored")
    assert held.others == (
        Alternative(option="sorry", probability=0.3, expected=1.0),
        Alternative(option="voucher", probability=0.1),
    )
    assert held.closed == {"call": "no consent"}


async def test_of_a_fixed_journey_it_has_the_condition_that_led_there(desk: Desk):
    held = await grounds(desk, run=await published(desk))
    assert (held.ways, held.chosen) == (("at “worth”, start.amount > 50",), None)
