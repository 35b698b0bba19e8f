"""`sojourn run explain`: why a run sent and did what it did, and what it did not, read from the store alone."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import update

from activities.delivering.verdicts import Judged, keep_verdict
from activities.spans import part_span, step_span
from journeys.ids import delivery_key
from journeys.model import Journey
from policies.model import rule
from policies.registry import load_policies
from store.database import Database
from store.tables import Action, AuditEntry, Delivery, EventRecord, GrantUse
from store.versions import publish
from tests import seeding
from tests.activities.conftest import decision
from tests.cli.conftest import Command
from tests.conftest import RETAIL
from tests.policies.conftest import consent, facts
from workflows.ports import RunRef, StepRecord, StepRequest

POLICIES = load_policies(RETAIL / "policies.yaml")
NOON = (seeding.NOW - timedelta(days=2)).replace(hour=12, minute=0, second=0)
NIGHT = NOON.replace(hour=23)
DAY = f"{NOON:%Y-%m-%d}"
RUN = seeding.run_ref().workflow_id
REMINDER = {"id": "reminder", "send": "email", "content": "hello"}
JOURNEY = Journey.model_validate(
    {
        "journey": seeding.JOURNEY,
        "owner": seeding.MARIA.email,
        "start": {"event": "Product Viewed"},
        "steps": [
            {
                "split": "tone",
                "arms": [
                    {"arm": "bold", "weight": 3, "then": [REMINDER]},
                    {"arm": "calm"},
                ],
            },
            {
                "id": "nudge", "choose": "best-nudge", "planner": "sampler",
                "options": [
                    {"option": "mail", "then": [{"id": "offer", "send": "email", "content": "ten-off"}]},
                    {"option": "push", "then": [{"send": "push", "content": "ten-off"}]},
                ],
            },
            {"id": "last", "send": "whatsapp", "content": "bye"},
            {"id": "sorry", "act": "refund", "with": {}},
        ],
    }
)  # fmt: skip
REF = seeding.run_ref().model_copy(update={"version": JOURNEY.version})
Explained = Callable[..., str]


@pytest.fixture
def explain(sojourn: Command, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Explained:
    """What is explained of a run that is over, of which the store has these rows and verdicts. No Temporal."""
    monkeypatch.setenv("SOJOURN_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SOJOURN_TEMPORAL_ADDRESS", "127.0.0.1:9")

    def answer(
        *rows: Any,
        verdicts: dict[str, list[Judged]] | None = None,
        options: tuple[str, ...] = (),
        over: bool = True,
    ) -> str:
        asyncio.run(_fill(sqlite_url, rows, verdicts or {}, over))
        told = sojourn("run", "explain", RUN, *options)
        assert (told.code, told.err) == (0, "")
        assert max(map(len, told.out.splitlines())) <= 80 or "-o" in options
        return told.out

    return answer


async def _fill(url: str, rows: tuple[Any, ...], verdicts: dict[str, list[Judged]], over: bool) -> None:
    database = Database(url)
    end = {
        "state": "closed",
        "outcome": "goal",
        "reason": "goal reached: Order Completed",
        "ended_at": seeding.NOW,
    }
    run = seeding.run(REF, started_at=NOON, **end if over else {})
    start = EventRecord(
        seq=1, id="e_1", customer_id="c_lena", name="Product Viewed", properties={},
        occurred_at=NOON, received_at=NOON,
    )  # fmt: skip
    await seeding.put(database, seeding.customer(), run, start, *rows)
    async with database.transaction() as session:
        await publish(session, JOURNEY, seeding.MARIA.email, NOON)
        for step, said in verdicts.items():
            for judged in said:
                keep_verdict(session, key(step), REF, judged)
    await database.close()


def key(step: str, run: RunRef = REF) -> str:
    """The id of a step's first delivery or action."""
    return delivery_key(run.workflow_id, run.first_run_id, step, 0)


def said_of(step: str, channel: str = "email", at: Any = NOON, **known: Any) -> Judged:
    """What the shop's policies said of a message to somebody who allows mail."""
    given = facts(channel, now=at, customer_id="c_lena", consents=(consent(True),), **known)
    action = given.action.model_copy(update={"step_id": step, "content": "hello"})
    given = given.model_copy(update={"action": action})
    return Judged(POLICIES, 0, given, rule(POLICIES, given))


def delivered(step: str, state: str, **changes: Any) -> Any:
    row = seeding.delivery(key(step), step, "hello", "email", state, seeding.NOW - NOON)
    return Delivery(**row.model_dump() | changes)


def ended(step: str, kind: str, outcome: str, detail: str) -> Any:
    record = StepRecord(
        step_id=step, kind=kind, started_at=NOON, ended_at=NOON, outcome=outcome, detail=detail,
        attributes={"channel": "whatsapp", "content": "bye"},
    )  # fmt: skip
    return step_span(REF, record)


def version(policy: str) -> str:
    return next(one.version for one in said_of("any").ruling.findings if one.policy == policy)


def flat(text: str) -> str:
    """The words, however they are wrapped."""
    return " ".join(text.split())


def test_a_message_that_left_is_told_with_who_said_what_in_order(explain: Explained):
    asked = seeding.approval(
        delivery_id=key("reminder"), step_id="reminder", state="approved", requested_at=NOON,
        decided_by=seeding.ADA.email, decided_at=NOON + timedelta(hours=1), decision_reason="a fair offer",
    )  # fmt: skip
    clicked = delivered("reminder", "clicked", outcome_at=NOON + timedelta(hours=3))
    before = said_of("reminder", discount=10.0)
    after = said_of("reminder", at=NOON + timedelta(minutes=61), discount=10.0, approved=True)
    told = flat(explain(clicked, asked, verdicts={"reminder": [before, after]}))
    in_order = [
        "outcome goal because goal reached: Order Completed It began with “Product Viewed”.",
        f"It left on {DAY} 12:00 UTC by any, and was clicked on {DAY} 15:00 UTC.",
        "the experiment tone gave the arm bold (of bold 75 %, calm 25 %)",
        f"{DAY} 12:00 UTC, the policies by email: a person of 'marketing' is asked (tier supervised)",
        f"discount_cap {version('discount_cap')} asks marketing: a discount of 10 % is above 5 %",
        f"{DAY} 12:00 UTC, marketing was asked: A discount of 10 %",
        f"{DAY} 13:00 UTC, approved by ada@northwind.example: a fair offer",
        f"{DAY} 13:01 UTC, the policies by email: it may leave",
    ]
    places = [told.index(words) for words in in_order]
    assert places == sorted(places)


def test_a_message_that_a_policy_forbade_has_its_reason(explain: Explained):
    denied = "the customer never consented to marketing by whatsapp"
    told = flat(explain(ended("last", "send", "denied", denied), verdicts={"last": [said_of("last", "whatsapp")]}))
    assert "last: message 'hello' by whatsapp It was not sent: the customer never consented" in told
    assert f"consent {version('consent')} denies: {denied}" in told


def test_a_message_that_a_planner_chose_has_the_odds_of_all_options(explain: Explained):
    chosen = decision(
        1, customer_id="c_lena", workflow_id=RUN, first_run_id=REF.first_run_id, journey=REF.journey,
        step_id="nudge", decision="best-nudge", options=["mail", "push", "sms"], steps=["offer"], probability=0.7,
        probabilities={"mail": 0.7, "push": 0.3}, expected={"mail": 4.2, "push": 1.0}, decided_at=NOON,
        closed_options={"sms": "no phone number"}, why="it brought most to those like them",
    )  # fmt: skip
    told = flat(explain(delivered("offer", "sent"), chosen))
    assert "sampler chose mail (70 %, 4.20 expected) at best-nudge it brought most to those like them" in told
    assert "not push (30 %, 1.00 expected)" in told
    assert "not sms: closed, no phone number" in told


def test_a_failed_action_has_the_vendors_code_and_who_agreed_before(explain: Explained):
    refund = Action(
        **REF.model_dump(exclude={"version"}), id=key("sorry"), step_id="sorry", pass_=0, tool="refund",
        given={"order_id": "o-7", "amount": 80.0}, state="rejected", result={}, code="refund.409",
        reason="it was paid back already", reserved_at=NOON,
    )  # fmt: skip
    asked, used = seeding.approval("a_1"), GrantUse(delivery_id=key("sorry"), grant_id="g_1", at=NOON)
    told = flat(explain(asked, seeding.grant(), used, refund, options=("--step", "sorry")))
    assert "sorry: action refund (order_id o-7, amount 80.0)" in told
    assert "It was not done: refund.409: it was paid back already" in told
    assert "ada@northwind.example agreed before to all like it, when they approved a_1" in told


def test_an_answer_stands_after_its_question_whatever_the_clock_of_who_decided(explain: Explained):
    given = {"tool": "refund", "given": {"amount": 620}}
    asked = seeding.refund(
        "a_1", delivery_id=key("sorry"), step_id="sorry", state="rejected", message=given, requested_at=NOON,
        decided_by=seeding.ADA.email, decided_at=NOON - timedelta(days=900), decision_reason="it was asked twice",
    )  # fmt: skip
    judged = said_of("sorry", channel="action", about={"tool": "refund"})
    denied = ended("sorry", "act", "rejected", "it was asked twice")
    told = flat(explain(asked, denied, verdicts={"sorry": [judged]}))
    assert "sorry: action refund (amount 620) It was not done, as a person said no: it was asked twice" in told
    assert 0 < told.index("marketing was asked") < told.index("rejected by ada@northwind.example")


def test_a_question_to_a_person_is_told_with_what_they_were_asked(explain: Explained):
    asked = seeding.approval(
        delivery_id=key("talk"), step_id="talk", channel="question", message={"about": "May we call them?"},
        state="approved", decided_by=seeding.OMAR.email, decided_at=seeding.NOW, reason="the journey asks for it",
    )  # fmt: skip
    told = flat(explain(asked, ended("talk", "approve", "approved", "they like it")))
    assert "talk: question: May we call them? A person agreed: they like it" in told
    assert "approved by omar@northwind.example" in told


def test_what_a_trace_alone_tells_of_is_not_passed_over(explain: Explained):
    assert "last: message 'bye' by whatsapp It left." in flat(explain(ended("last", "send", "sent", "")))


def test_a_channel_that_could_not_be_used_and_a_vendor_who_was_busy_are_told(explain: Explained):
    request = StepRequest(run=REF, step_id="reminder", pass_=0, now=NOON)
    at = NOON + timedelta(minutes=1)
    no_token = part_span(request, "compose", "1", NOON, NOON, "denied", "the customer has no push token")
    code = {"error.type": "smtp.421"}
    busy = part_span(request, "send email", "1", NOON, at, "retrying", "try again later", **code)
    told = flat(explain(no_token, busy, delivered("reminder", "sent")))
    assert "compose: denied: the customer has no push token" in told
    assert f"{DAY} 12:01 UTC, send email: retrying: smtp.421: try again later" in told


def test_a_message_that_is_held_has_no_row_yet_and_is_told_all_the_same(explain: Explained):
    told = flat(explain(verdicts={"reminder": [said_of("reminder", at=NIGHT)]}, over=False))
    assert f"It is held until {(NIGHT + timedelta(hours=9)):%Y-%m-%d} 08:00 UTC: quiet hours" in told
    assert "It has not ended: 'sojourn run show' asks it what it waits for." in told


def test_a_message_that_was_held_when_temporal_lost_the_run_waits_no_longer(explain: Explained):
    told = flat(explain(verdicts={"reminder": [said_of("reminder", at=NIGHT)]}))
    assert "It was not sent, as the run ended first: goal reached: Order Completed" in told


def test_verdicts_of_an_earlier_run_with_the_same_id_are_not_its_own(explain: Explained):
    earlier = seeding.run_ref(first_run_id="00000000-0000-4000-8000-000000000009")
    before = delivered("reminder", "sent", id=key("reminder", earlier), first_run_id=earlier.first_run_id)
    assert "It sent, did and asked nothing." in explain(before)


def test_of_an_erased_customer_the_words_are_left_without_the_reasons(
    sojourn: Command, sqlite_url: str, explain: Explained
):
    explain(verdicts={"reminder": [said_of("reminder", at=NIGHT)]})

    async def erase() -> None:
        database = Database(sqlite_url)
        async with database.transaction() as session:
            await session.exec(update(AuditEntry).values(evidence={}))
        await database.close()

    asyncio.run(erase())
    told = flat(sojourn("run", "explain", RUN).out)
    assert "hold (the reasons went when the customer was erased)" in told
    assert f"quiet_hours {version('quiet_hours')} holds allowed by" in told


def test_programs_get_the_same_as_json(explain: Explained):
    held = said_of("reminder", at=NIGHT)
    told = json.loads(explain(verdicts={"reminder": [held]}, options=("-o", "json"), over=False))
    [one] = told["explained"]
    assert (told["state"], one["step"], one["kind"], one["state"]) == ("open", "reminder", "message", "held")
    [ruling] = one["rulings"]
    said = {policy["policy"]: (policy["version"], policy["verdict"]) for policy in ruling["policies"]}
    assert said["quiet_hours"] == (version("quiet_hours"), "hold")
    assert one["arms"][0]["shares"] == {"bold": 0.75, "calm": 0.25}


def test_only_one_step_is_told_when_it_is_named(explain: Explained):
    told = explain(delivered("reminder", "sent"), delivered("offer", "sent"), options=("--step", "offer"))
    assert "offer: message" in told
    assert "reminder: message" not in told


def test_a_step_that_the_run_has_not_is_told_with_those_it_has(sojourn: Command, explain: Explained):
    explain(delivered("offer", "sent", reserved_at=seeding.NOW), delivered("reminder", "sent"))
    told = sojourn("run", "explain", RUN, "--step", "ofer")
    assert (told.code, told.out) == (1, "")
    assert told.err == "The run sends, does and asks nothing at a step 'ofer'; there are: reminder, offer.\n"


def test_a_run_that_is_not_there(sojourn: Command, explain: Explained):
    explain()
    assert sojourn("run", "explain", "nope").err == "There is no run 'nope'. See 'sojourn run list'.\n"
