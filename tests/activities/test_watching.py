"""The watch over guardrails: what it counts, and that a storm rolls a journey back until a person re-arms."""

from datetime import datetime, timedelta
from typing import Any

from activities.alerting import Alerts
from activities.watching.decisions import choices_of
from activities.watching.sight import Look
from activities.watching.watch import Watching
from content.surfaces import Surface
from journeys.guardrails import Guardrails, Margin
from journeys.model import Journey
from store.database import Database
from store.guardrails import guardrails, rearm
from store.tables import (
    AuditEntry,
    Customer,
    Delivery,
    EventRecord,
    Guardrail,
    Membership,
    PlannerDecision,
    Tightening,
)
from store.versions import publish
from tests.activities.conftest import NOON, attempt, rows
from workflows.ports import Looked, LookRequest

JOURNEY = Journey.model_validate(
    {
        "journey": "winback",
        "owner": "maria",
        "approvers": "marketing",
        "start": {"event": "Product Viewed"},
        "steps": [
            {"choose": "next", "planner": "random", "options": [{"option": "mail"}, {"option": "push"}]},
        ],
    }
)
HOUR = timedelta(hours=1)
SURFACES = {
    name: Surface.model_validate({"slots": {"hero": {"planner": planner, "variants": ["tents", "boots"]}}})
    for name, planner in (("homepage", "sampler"), ("corner", "fixed"))
}


def message(number: int, state: str = "delivered", **changes: Any) -> Delivery:
    """A mail to one of some customers, sent in the last hours."""
    at = NOON - HOUR * (1 + number % 5)
    given: dict[str, Any] = {
        "id": f"d_{number}", "workflow_id": f"winback:c_{number}:-", "first_run_id": "run_1", "journey": "winback",
        "step_id": "mail", "pass_": 0, "customer_id": f"c_{number}", "channel": "email", "provider": "smtp",
        "purpose": "marketing", "content": "hello", "state": state, "reserved_at": at, "sent_at": at,
        "outcome_at": at + timedelta(minutes=5), "findings": [],
    }  # fmt: skip
    return Delivery(**given | changes)


def event(number: int, name: str, after: timedelta, **properties: Any) -> EventRecord:
    """What the customer of a message does some time after it."""
    at = NOON - HOUR * (1 + number % 5) + after
    return EventRecord(
        id=f"{name}_{number}_{after}", customer_id=f"c_{number}", name=name, properties=properties,
        occurred_at=at, received_at=at,
    )  # fmt: skip


async def seed(database: Database, *more: Any, complained: int = 0, of: int = 200) -> None:
    """A journey that is live, and its messages."""
    async with database.transaction() as session:
        await publish(session, JOURNEY, "maria", NOON - timedelta(days=9))
        session.add_all(Customer(id=f"c_{number}", traits={}, created_at=NOON) for number in range(of))
        await session.flush()
        session.add_all(message(n, "complained" if n < complained else "delivered") for n in range(of))
        session.add_all(more)


def watching(database: Database, rules: Guardrails | None = None) -> Watching:
    """The watch of a project that has nobody to alert."""
    console = "https://console.example"
    return Watching(
        database, rules or Guardrails(), "support", Alerts({}, database, console), console, lambda: SURFACES
    )


async def look(watch: Watching, at: datetime = NOON) -> Looked:
    return await attempt(watch.look_at_guardrails, LookRequest(now=at))


async def found(database: Database, name: str) -> Guardrail:
    async with database.reading() as session:
        return next(row for row in await guardrails(session) if row.name == name)


async def test_what_follows_messages_is_counted_for_the_last_one_before_it(database: Database) -> None:
    """Over both databases: 100 mails, of which some were followed by something."""
    minute = timedelta(minutes=1)
    seen = [event(n, "Page Viewed", timedelta(minutes=6)) for n in range(4)]
    others = message(50, id="d_other", journey="welcome", reserved_at=NOON - timedelta(minutes=20))
    await seed(
        database,
        *seen,
        event(0, "Page Viewed", 8 * minute),
        event(5, "Unsubscribed", 9 * minute, channel="email"),
        event(6, "Unsubscribed", 9 * minute, channel="sms"),
        event(7, "Unsubscribed", 9 * minute),
        event(50, "Unsubscribed", timedelta(minutes=55), channel="email"),
        others,
        event(8, "Support Ticket Created", 9 * minute),
        event(9, "Order Completed", 9 * minute, margin=12.0, order_id="o_1"),
        event(9, "Order Completed", 10 * minute, margin=12.0, order_id="o_1"),
        event(10, "Order Completed", 9 * minute, margin="much"),
        of=100,
    )
    async with database.transaction() as session:
        for number in range(4):
            clicked = await session.get(Delivery, f"d_{number}")
            assert clicked is not None
            clicked.state = "clicked"
            session.add(clicked)
    await look(watching(database, Guardrails(margin=Margin(usual=10, harmful=8, deviation=5))))
    counted = {row.name: row.why.partition(",")[0] for row in await rows(database, Guardrail)}
    assert counted == {
        "unsubscribes": "2 of 100 messages",
        "complaints": "0 of 100 messages",
        "bounces": "0 of 100 messages",
        "tickets": "1 of 100 messages",
        "page_bounces": "3 of 4 visits",
        "margin": "1 orders with a mean of 12.00",
    }


async def test_a_storm_trips_lowers_the_tier_and_is_done_once(sqlite_database: Database) -> None:
    await seed(sqlite_database, complained=10)
    watch = watching(sqlite_database)
    assert (await look(watch)).tripped == (await look(watch)).tripped == 1
    [tightened] = await rows(sqlite_database, Tightening)
    row = await found(sqlite_database, "complaints")
    assert (row.state, row.since, row.channel) == ("tripped", NOON, "email")
    assert (tightened.tier, tightened.group, tightened.by) == ("supervised", "marketing", "guardrail:complaints")
    assert tightened.reason == f"complaints over email: {row.why}"
    [entry] = [each for each in await rows(sqlite_database, AuditEntry) if each.subject.startswith("guardrail")]
    assert (entry.subject, entry.facts["what"]) == ("guardrail:winback:complaints:email", "tripped")


async def test_each_change_of_a_guardrail_is_told_its_recovery_too(sqlite_database: Database) -> None:
    await seed(sqlite_database)
    watch = watching(sqlite_database)
    await look(watch)
    async with sqlite_database.transaction() as session:
        row = next(row for row in await guardrails(session) if row.name == "complaints")
        row.state = "warned"
        session.add(row)
    for minutes in (10, 20):
        await look(watch, NOON + timedelta(minutes=minutes))
    told = [(each.subject, each.facts["what"]) for each in await rows(sqlite_database, AuditEntry)]
    assert told.count(("guardrail:winback:complaints:email", "ok")) == 1


async def test_it_stays_tripped_until_a_person_rearms_and_the_tier_stays(sqlite_database: Database) -> None:
    await seed(sqlite_database, complained=10)
    watch = watching(sqlite_database)
    await look(watch)
    await look(watch, NOON + timedelta(days=20))
    assert (await found(sqlite_database, "complaints")).state == "tripped"
    async with sqlite_database.transaction() as session:
        later = NOON + timedelta(days=20)
        [armed] = await rearm(session, "winback", reason="the list is mended", by="omar", at=later)
    assert (armed.state, armed.why) == ("ok", "re-armed by omar: the list is mended")
    await look(watch, NOON + timedelta(days=20, hours=1))
    assert (await found(sqlite_database, "complaints")).state == "ok"
    assert [row.loosened_at for row in await rows(sqlite_database, Tightening)] == [None]


async def test_only_what_comes_after_counts_when_it_is_armed_again_at_once(sqlite_database: Database) -> None:
    await seed(sqlite_database, complained=10)
    watch = watching(sqlite_database)
    await look(watch)
    async with sqlite_database.transaction() as session:
        await rearm(session, "winback", reason="a test", by="omar", at=NOON + timedelta(minutes=1))
    await look(watch, NOON + timedelta(minutes=10))
    assert (await found(sqlite_database, "complaints")).state == "ok"


def choice(number: int, **changes: Any) -> PlannerDecision:
    """One of the decisions of the last days, by a planner that learns."""
    at = NOON - timedelta(days=number % 5)
    given: dict[str, Any] = {
        "id": f"c_{number}", "customer_id": f"c_{number % 100}", "workflow_id": "w", "first_run_id": "run_1",
        "journey": "winback", "version": "v1", "step_id": "next", "turn": 0, "decision": "next", "agent": False,
        "planner": "sampler", "learned_as": "key", "options": ["mail", "push"], "closed_options": {},
        "features": {}, "looks_at": [], "settings": {}, "probabilities": {"mail": 0.5, "push": 0.5},
        "option": "mail" if number % 2 else "push", "probability": 0.5, "why": "drawn", "steps": [], "rewards": {},
        "expected": {}, "advice": {}, "judged": {}, "goal": {}, "start_id": "e_1", "decided_at": at,
        "closes_at": at,
    }  # fmt: skip
    return PlannerDecision(**given | changes)


async def test_decisions_and_offers_are_watched_once_an_hour(database: Database) -> None:
    members = [
        Membership(segment=name, customer_id=f"c_{n}", member=True, since=NOON, version="v1")
        for n in range(100)
        for name in ("even" if n % 2 == 0 else "odd", "journey:own")
    ]
    lucky = [*range(0, 80, 2), *range(1, 20, 2)]
    offers = [message(1000 + n, customer_id=f"c_{n}", discount=10.0) for n in lucky]
    told: dict[str, Any] = {"expected": {"mail": 0.5, "push": 0.5}, "closed": True}
    choices = [choice(number, credit=float(number % 5 == 0), **told) for number in range(600)]
    await seed(database, *members, *offers, *choices, of=100)
    watch = watching(database)
    await look(watch)
    states = {row.name: row.state for row in await rows(database, Guardrail) if not row.channel}
    assert states == {"exploration": "warned", "calibration": "ok", "forecasts": "tripped", "fairness": "warned"}
    assert (await found(database, "fairness")).why.startswith("'even' gets 4.00 times the offers of others")
    await look(watch, NOON + timedelta(minutes=10))
    assert (await found(database, "fairness")).looked_at == NOON
    [tightened] = await rows(database, Tightening)
    assert tightened.by == "guardrail:forecasts"


async def test_the_planners_of_a_surface_are_watched_and_have_no_tier_to_lower(sqlite_database: Database) -> None:
    told: dict[str, Any] = {"expected": {"mail": 0.5, "push": 0.5}, "closed": True, "journey": "surface.homepage"}
    await seed(sqlite_database, *(choice(n, credit=float(n % 5 == 0), **told) for n in range(600)), of=100)

    await look(watching(sqlite_database))

    states = {row.name: row.state for row in await rows(sqlite_database, Guardrail) if "." in row.journey}
    assert states == {"exploration": "warned", "calibration": "ok", "forecasts": "tripped"}
    assert await rows(sqlite_database, Tightening) == []


async def test_a_journey_whose_people_decide_everything_is_not_tightened(sqlite_database: Database) -> None:
    human = JOURNEY.model_copy(update={"tier": "human"})
    await seed(sqlite_database, complained=10)
    async with sqlite_database.transaction() as session:
        await publish(session, human, "maria", NOON)
    assert (await look(watching(sqlite_database))).tripped == 1
    assert await rows(sqlite_database, Tightening) == []


async def test_a_decision_is_settled_when_no_later_turn_can_change_what_it_counts_with(
    sqlite_database: Database,
) -> None:
    told = {"expected": {"mail": 0.25, "push": 0.5}, "closed": True, "credit": 1.0}
    agent = {**told, "agent": True, "workflow_id": "agent"}
    later = {**agent, "turn": 1, "closed": False, "credit": None}
    await seed(sqlite_database, choice(1, **told), choice(7, **agent), choice(9, **later), of=20)
    async with sqlite_database.reading() as session:
        seen = await choices_of(Look(session, "winback", Guardrails(), {}, NOON))
    assert {(row.settled, row.credit, row.expected) for row in seen} == {
        (True, 1.0, 0.25),
        (False, 1.0, 0.25),
        (False, None, 0.25),
    }
