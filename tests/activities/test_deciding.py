"""Decisions are made once, recorded with their probability, and made the same again."""

from pathlib import Path
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.planning.learning import teach
from journeys.events import Event
from journeys.ids import decision_id
from journeys.steps.choosing import Ways
from learning.planners.interface import point_of
from policies.consent import ConsentPolicy
from policies.rules import RulesPolicy
from settings import Settings
from starter.judging.masks import NotJudgeable, open_under
from store.database import Database
from store.erasing import begin_erasure, finish_erasure
from store.tables import Address, Customer, PlannerDecision, Span
from tests.activities.conftest import NOON, RUN, attempt, rows
from tests.approving import approve_content
from worker import load_parts, make_activities
from workflows.ports import DecideRequest, FirstSend

OPTIONS = ("mail", "push", "chat")
PROJECT = {
    "sojourn.yaml": """
brand: {name: Shop, address: "Hafenstr. 12, 20457 Hamburg", url: "https://shop.example"}
write_keys: [key]
channels:
  email: {provider: smtp, host: 127.0.0.1, port: 25, tls: none, sender: "Shop <hello@shop.example>"}
""",
    "policies.yaml": "consent: {}\n",
    "content/hello/email.txt.j2": "Hello. {{ brand.name }}, {{ brand.address }}, {{ unsubscribe_url }}\n",
    "content/hello/email.html.j2": """---
subject: Hello
---
<!doctype html><html><body><p>Hello. {{ brand.name }}, {{ brand.address }}</p>
<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p></body></html>
""",
}


@pytest.fixture
def decide(tmp_path: Path, database: Database) -> Any:
    """The `decide` activity of a worker that starts now."""
    for name, text in PROJECT.items():
        file = tmp_path / "shop" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    approve_content(tmp_path / "shop")
    settings = Settings(project_dir=tmp_path / "shop", state_dir=tmp_path / "state", secret="s" * 32)
    activities = make_activities(settings, database, load_parts(settings))
    return next(each for each in activities if each.__name__ == "decide")


def request(planner: str = "random", pass_: int = 0, **changes: Any) -> DecideRequest:
    asked = DecideRequest(
        run=RUN,
        step_id="next",
        pass_=pass_,
        now=NOON,
        decision="next-nudge",
        start=Event(id="e_1", name="Product Viewed", at=NOON, seq=1),
        planner=planner,
        options=OPTIONS,
    )
    return asked.model_copy(update=changes)


async def test_a_decision_is_in_the_trace_with_its_options_and_its_probability(
    decide: Any, database: Database, customer: Customer
):
    choice = await attempt(decide, request())
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


async def test_the_log_keeps_what_a_decision_saw_and_enough_to_make_it_again(
    decide: Any, database: Database, customer: Customer
):
    choice = await attempt(decide, request("sampler", features={"visits": 3.0}, names=("visits", "vip")))
    [row] = await rows(database, PlannerDecision)
    assert (row.features, row.options, row.planner) == ({"visits": 3.0}, list(OPTIONS), "sampler")
    assert sum(row.probabilities.values()) == pytest.approx(1)
    point, passed = point_of(row.id), 0.0
    for option in row.options:
        passed += row.probabilities[option]
        if point < passed:
            break
    assert option == row.option == choice.option
    assert row.probability == row.probabilities[row.option]


async def test_what_was_expected_of_every_open_option_is_kept_once_something_was_learned(
    decide: Any, database: Database, customer: Customer
):
    await attempt(decide, request("sampler"))
    [first] = await rows(database, PlannerDecision)
    async with database.transaction() as session:
        first.credit = 1.0
        await teach(session, [(first, None)], NOON)
    await attempt(decide, request("sampler", 1))
    second = max(await rows(database, PlannerDecision), key=lambda row: row.turn)
    assert first.expected == {}
    assert set(second.expected) == set(OPTIONS)
    assert max(second.expected, key=second.expected.__getitem__) == first.option


async def test_what_is_learned_of_a_channel_at_one_hour_holds_at_its_other_hours(
    decide: Any, database: Database, customer: Customer
):
    """Of two channels at two hours each, as `ways` has them. The morning's mail brought something."""
    ways = Ways.model_validate(
        {"send": {"send": ["email", "push"], "content": "hello"}, "hours": ["09:00", "18:30"]}
    )
    asked: dict[str, Any] = {"factors": ways.factors(), "options": tuple(ways.factors())}
    await attempt(decide, request("sampler", **asked))
    [row] = await rows(database, PlannerDecision)
    async with database.transaction() as session:
        row.option, row.credit = "email_0900", 1.0
        await teach(session, [(row, None)], NOON)
    await attempt(decide, request("sampler", 1, **asked))
    expected = max(await rows(database, PlannerDecision), key=lambda made: made.turn).expected
    assert expected["email_0900"] > expected["email_1830"] > expected["push_1830"]
    await attempt(decide, request("random", 2, **asked))


async def test_a_retry_decides_the_same_and_is_one_decision(decide: Any, database: Database, customer: Customer):
    first = await attempt(decide, request())
    assert await attempt(decide, request(), 2) == first
    assert len(await rows(database, Span)) == len(await rows(database, PlannerDecision)) == 1


async def test_the_same_event_leads_to_the_same_choices_in_a_run_that_is_played_again(
    decide: Any, customer: Customer
):
    first, again = (
        request().model_copy(update={"run": RUN.model_copy(update={"first_run_id": played})})
        for played in ("run_1", "run_2")
    )
    for pass_ in range(8):
        turn = {"pass_": pass_}
        chosen = await attempt(decide, first.model_copy(update=turn))
        assert await attempt(decide, again.model_copy(update=turn)) == chosen


async def test_another_pass_is_another_decision(decide: Any, database: Database, customer: Customer):
    chosen = [(await attempt(decide, request("fixed", n))).option for n in range(3)]
    assert chosen == ["mail", "push", "chat"]
    assert len(await rows(database, PlannerDecision)) == 3


async def test_rules_decide_by_the_conditions_that_hold(decide: Any, customer: Customer):
    rules = {"rules": [{"if": "customer.vip", "choose": "chat"}, {"choose": "push"}]}
    assert (await attempt(decide, request("rules", settings=rules, true=("customer.vip",)))).option == "chat"
    assert (await attempt(decide, request("rules", 1, settings=rules))).option == "push"


HELLO = FirstSend(step_id="hello", channels=("email",), content="hello", purpose="marketing")


async def test_what_the_policies_forbid_cannot_be_chosen_and_the_log_says_why(
    decide: Any, database: Database, customer: Customer
):
    async with database.transaction() as session:
        session.add(Address(customer_id="c_1", kind="email", value="lena@example.com", updated_at=NOON))
    choice = await attempt(decide, request("fixed", sends={"mail": HELLO}))
    [row] = await rows(database, PlannerDecision)
    assert choice.option == "push"
    assert row.options == ["push", "chat"]
    assert row.closed_options == {"mail": "email: the customer never consented to marketing by email"}


async def test_other_policies_can_be_asked_later_what_they_would_have_left_open(
    decide: Any, database: Database, customer: Customer
):
    async with database.transaction() as session:
        session.add(Address(customer_id="c_1", kind="email", value="lena@example.com", updated_at=NOON))
    order = HELLO.model_copy(update={"purpose": "transactional"})
    await attempt(decide, request(sends={"mail": order, "push": HELLO}))
    [row] = await rows(database, PlannerDecision)
    assert row.options == ["mail", "chat"]
    assert open_under([ConsentPolicy()], row) == ["mail", "chat"]
    assert open_under([], row) == ["mail", "chat", "push"]
    with pytest.raises(NotJudgeable, match="rules looks at"):
        open_under([RulesPolicy(vip={"when": "customer.vip", "message": "no"})], row)


async def test_who_has_no_address_is_not_offered_a_message_there(
    decide: Any, database: Database, customer: Customer
):
    await attempt(decide, request("fixed", sends={"mail": HELLO}))
    [row] = await rows(database, PlannerDecision)
    assert row.closed_options == {"mail": "email: the customer has no email"}


async def test_a_message_that_waits_is_judged_as_of_when_it_would_leave(
    decide: Any, database: Database, customer: Customer
):
    async with database.transaction() as session:
        session.add(Address(customer_id="c_1", kind="email", value="lena@example.com", updated_at=NOON))
    order = HELLO.model_copy(update={"purpose": "transactional"})
    sends = {f"at_{hour}": order.model_copy(update={"at": NOON.replace(hour=hour)}) for hour in (17, 20)}
    rule = {"when": "now > timestamp('2026-03-02T18:00:00Z')", "message": "the desk is closed"}
    await attempt(decide, request(options=tuple(sends), sends=sends, policies={"rules": {"evening": rule}}))
    [row] = await rows(database, PlannerDecision)
    assert (row.options, row.closed_options) == (["at_17"], {"at_20": "email: the desk is closed"})


async def test_where_nothing_is_left_nothing_is_chosen(decide: Any, database: Database, customer: Customer):
    choice = await attempt(decide, request(options=("mail",), sends={"mail": HELLO}))
    assert (choice.option, choice.why) == (None, "mail: email: the customer has no email")
    assert await rows(database, PlannerDecision) == []


async def test_a_decision_goes_with_its_customer(decide: Any, database: Database, customer: Customer):
    await attempt(decide, request(features={"visits": 3.0}))
    async with database.transaction() as session:
        await begin_erasure(session, "c_1", by="omar", suppress_addresses=False, at=NOON)
        erasure = await finish_erasure(session, "c_1", NOON)
    assert erasure.counts["planner_decision"] == 1
    assert await rows(database, PlannerDecision) == []
    assert (await attempt(decide, request(pass_=1))).option is None


async def test_a_planner_that_does_not_exist_is_not_tried_again(decide: Any):
    with pytest.raises(
        ApplicationError, match="there is no planner 'oracle'; there are: fixed, llm, random"
    ) as refused:
        await attempt(decide, request("oracle"))
    assert refused.value.non_retryable


async def test_settings_that_are_none_are_not_tried_again(decide: Any):
    with pytest.raises(ApplicationError, match="cannot work with its settings: Field required") as refused:
        await attempt(decide, request("rules"))
    assert refused.value.non_retryable
