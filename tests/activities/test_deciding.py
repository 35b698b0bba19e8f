"""Decisions are made once, recorded with their probability, and made the same again."""

import pytest
from temporalio.exceptions import ApplicationError

from activities.deciding import Deciding
from journeys.ids import decision_id
from store.database import Database
from store.tables import Customer, Span
from tests.activities.conftest import NOON, RUN, attempt, rows
from workflows.ports import DecideRequest

OPTIONS = ("mail", "push", "chat")


def request(planner: str = "random", pass_: int = 0) -> DecideRequest:
    return DecideRequest(
        run=RUN,
        step_id="next",
        pass_=pass_,
        now=NOON,
        decision="next-nudge",
        start_id="e_1",
        planner=planner,
        options=OPTIONS,
    )


async def test_a_decision_is_in_the_trace_with_its_options_and_its_probability(
    database: Database, customer: Customer
):
    choice = await attempt(Deciding(database).decide, request())
    [span] = await rows(database, Span)
    assert (span.name, span.outcome) == ("decide next-nudge", choice.option)
    told = {key.rpartition(".")[2]: value for key, value in span.attributes.items() if ".decision." in key}
    assert told == {
        "id": decision_id(RUN.workflow_id, "e_1", "next", 0),
        "name": "next-nudge",
        "planner": "random",
        "options": "mail, push, chat",
        "probability": pytest.approx(1 / 3),
    }


async def test_a_retry_decides_the_same_and_is_one_decision(database: Database, customer: Customer):
    first = await attempt(Deciding(database).decide, request())
    assert await attempt(Deciding(database).decide, request(), 2) == first
    assert len(await rows(database, Span)) == 1


async def test_the_same_event_leads_to_the_same_choices_in_a_run_that_is_played_again(
    database: Database, customer: Customer
):
    first, again = (
        request().model_copy(update={"run": RUN.model_copy(update={"first_run_id": played})})
        for played in ("run_1", "run_2")
    )
    deciding = Deciding(database)
    for pass_ in range(8):
        turn = {"pass_": pass_}
        chosen = await attempt(deciding.decide, first.model_copy(update=turn))
        assert await attempt(deciding.decide, again.model_copy(update=turn)) == chosen


async def test_another_pass_is_another_decision(database: Database, customer: Customer):
    chosen = [(await attempt(Deciding(database).decide, request("fixed", n))).option for n in range(3)]
    assert chosen == ["mail", "push", "chat"]
    assert len(await rows(database, Span)) == 3


async def test_a_planner_that_does_not_exist_is_not_tried_again(database: Database, customer: Customer):
    with pytest.raises(
        ApplicationError, match="there is no planner 'oracle'; there are: fixed, random"
    ) as refused:
        await attempt(Deciding(database).decide, request("oracle"))
    assert refused.value.non_retryable
