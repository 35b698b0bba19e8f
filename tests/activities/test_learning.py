"""What happened becomes rewards in the log and lessons in the store: once, and corrected when more is heard."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from activities.planning.learning import Learning
from activities.planning.refitting import Refitting
from deciding.knowing import Knowledge
from learning.sampler.design import Separate
from learning.sampler.model import Model
from store.approvals import mark_decided
from store.database import Database
from store.events import NewEvent, add_events, settled_event
from store.labels import Asking, Label, keep_edit
from store.tables import Customer, EventRecord, LearnedPoint, PlannerDecision
from tests.activities.conftest import LEARNER, NOON, attempt, decision, rows
from tests.seeding import approval
from workflows.ports import Learned, LearnRequest

LATER = NOON + timedelta(days=8)


@pytest.fixture
async def shop(database: Database, customer: Customer) -> "Shop":
    return Shop(database)


class Shop:
    """The store of a project, and the worker's way to learn from it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.seq = 0

    async def decides(self, *decisions: PlannerDecision) -> None:
        async with self.database.transaction() as session:
            session.add_all(decisions)

    async def sells(self, total: float, customer_id: str = "c_1") -> None:
        """The customer buys a day after the decision."""
        self.seq += 1
        at = NOON + timedelta(days=1)
        record = EventRecord(
            seq=self.seq, id=f"e_{self.seq}", customer_id=customer_id, name="Order Completed",
            properties={"total": total}, occurred_at=at, received_at=at,
        )  # fmt: skip
        async with self.database.transaction() as session:
            session.add(record)

    async def learns(self, now: datetime) -> Learned:
        return await attempt(Learning(self.database).learn, LearnRequest(now=now))

    async def row(self) -> PlannerDecision:
        return (await rows(self.database, PlannerDecision))[0]

    async def model(self, now: datetime) -> Model:
        """What is known of the point."""
        assert LEARNER is not None
        async with self.database.reading() as session:
            model = await Knowledge().model(session, "winback", "nudge", LEARNER, now)
        assert model is not None
        return model

    async def odds(self, now: datetime) -> list[float]:
        """Of mail and push for a customer who is a VIP."""
        return (await self.model(now)).probabilities(("mail", "push"), {"vip": 1.0})


async def test_an_order_becomes_the_reward_of_the_decision_and_leads_back_to_the_event(shop: Shop):
    await shop.decides(decision(1))
    await shop.sells(40.0)
    assert await shop.learns(NOON + timedelta(days=2)) == Learned(rewarded=1, lessons=1)
    row = await shop.row()
    assert (row.reward, row.credit, row.closed) == (20.0, 20.0, False)
    assert row.parts == [{"event_id": "e_1", "kind": "purchased", "amount": 20.0}]


async def test_the_same_is_never_counted_twice(shop: Shop):
    await shop.decides(decision(1))
    await shop.sells(40.0)
    await shop.learns(NOON + timedelta(days=2))
    assert await shop.learns(NOON + timedelta(days=2)) == Learned(rewarded=0, lessons=0)
    [point] = await rows(shop.database, LearnedPoint)
    assert (point.lessons, point.revision) == (1, 1)


async def test_silence_is_a_lesson_when_its_time_is_over(shop: Shop):
    await shop.decides(decision(1))
    assert await shop.learns(NOON + timedelta(days=2)) == Learned(rewarded=0, lessons=0)
    assert await shop.learns(LATER) == Learned(rewarded=1, lessons=1)
    assert ((await shop.row()).credit, (await shop.row()).closed) == (0.0, True)


async def test_what_is_heard_of_late_corrects_what_was_learned_as_if_it_had_come_in_time(shop: Shop):
    await shop.decides(decision(1), decision(2, "push", workflow_id="winback:c_1:b", customer_id="c_1"))
    await shop.learns(LATER)
    await shop.sells(40.0)
    await shop.learns(LATER + timedelta(days=1))
    late = await shop.odds(LATER + timedelta(days=1))
    assert [row.credit for row in await rows(shop.database, PlannerDecision)] == [20.0, 20.0]
    assert late == pytest.approx([0.5, 0.5], abs=0.01)


async def test_the_option_that_brings_more_becomes_the_likelier(shop: Shop, database: Database):
    async with database.transaction() as session:
        session.add_all(Customer(id=f"c_{n}", traits={}, created_at=NOON) for n in range(2, 42))
    for number in range(2, 42):
        await shop.decides(decision(number, "mail" if number % 2 else "push", customer_id=f"c_{number}"))
        if number % 2:
            await shop.sells(2.0, f"c_{number}")
    await shop.learns(LATER)
    mail, push = await shop.odds(LATER)
    assert mail > 0.9 > push


async def test_a_refit_from_the_log_knows_the_same_of_decisions_that_stand_alone(shop: Shop, database: Database):
    async with database.transaction() as session:
        session.add_all(Customer(id=f"c_{n}", traits={}, created_at=NOON) for n in range(2, 62))
    for number in range(2, 62):
        await shop.decides(decision(number, "mail" if number % 2 else "push", customer_id=f"c_{number}"))
        if number % 3 == 0:
            await shop.sells(2.0, f"c_{number}")
    await shop.learns(LATER)
    before = await shop.odds(LATER)
    refitted = await attempt(Refitting(database).refit, LearnRequest(now=LATER))
    assert [(point.decision, point.decisions) for point in refitted.points] == [("nudge", 60)]
    assert await shop.odds(LATER) == pytest.approx(before, abs=1e-6)


async def test_a_log_that_is_too_short_changes_nothing(shop: Shop, database: Database):
    await shop.decides(decision(1))
    await shop.learns(LATER)
    assert (await attempt(Refitting(database).refit, LearnRequest(now=LATER))).points == ()


async def test_an_event_under_way_is_waited_for_and_not_passed_over(database: Database, customer: Customer):
    """PostgreSQL numbers the first event before the second, and commits it after."""
    if database.is_sqlite:
        async with database.transaction() as session:
            await add_events(session, [_accepted("e_1")])
            assert await settled_event(session) == 1
        return
    async with database.transaction() as slow:
        await add_events(slow, [_accepted("e_1")])
        async with database.transaction() as quick:
            await add_events(quick, [_accepted("e_2")])
        with pytest.raises(DBAPIError, match="lock timeout"):
            async with database.transaction() as session:
                await settled_event(session)
    async with database.transaction() as session:
        assert await settled_event(session) == 2


def _accepted(event_id: str) -> NewEvent:
    return NewEvent(event_id, "c_1", "Product Viewed", {}, NOON, NOON, "")


async def test_a_refit_values_an_agents_turn_by_what_the_turns_after_it_bring(shop: Shop, database: Database):
    """A mail sells nothing itself, but who was mailed first buys more on the push that follows."""
    async with database.transaction() as session:
        session.add_all(Customer(id=f"c_{n}", traits={}, created_at=NOON) for n in range(2, 62))
    for number in range(2, 62):
        first, sold = ("mail", 6.0) if number % 2 else ("push", 2.0)
        of = {"customer_id": f"c_{number}", "workflow_id": f"winback:c_{number}", "agent": True}
        at = NOON + timedelta(hours=20)
        await shop.decides(
            decision(number, first, **of, features={"vip": 1.0}),
            decision(1000 + number, "push", **of, turn=1, features={}, decided_at=at),
        )
        await shop.sells(sold, f"c_{number}")
    await shop.learns(LATER + timedelta(days=1))
    turns = sorted(await rows(database, PlannerDecision), key=lambda row: (row.customer_id, row.turn))
    assert {(row.turn, row.option, row.reward) for row in turns if row.turn == 0} == {
        (0, "mail", 0.0),
        (0, "push", 0.0),
    }
    assert {row.credit for row in turns if row.option == "mail"} == {3.0}
    refitted = await attempt(Refitting(database).refit, LearnRequest(now=LATER + timedelta(days=1)))
    assert [point.decisions for point in refitted.points] == [120]
    mail, push = await shop.odds(LATER + timedelta(days=1))
    assert mail > 0.9 > push


async def test_what_happens_after_a_refit_is_counted_with_the_curves_that_it_drew(shop: Shop, database: Database):
    """Mail is answered by a third: enough to draw its curve, and a push by nobody. Then one more mail sells."""
    async with database.transaction() as session:
        session.add_all(Customer(id=f"c_{n}", traits={}, created_at=NOON) for n in range(2, 92))
    for number in range(2, 92):
        await shop.decides(decision(number, "mail" if number < 80 else "push", customer_id=f"c_{number}"))
        if number < 80 and number % 3 == 0:
            await shop.sells(2.0, f"c_{number}")
    await shop.learns(LATER)
    await attempt(Refitting(database).refit, LearnRequest(now=LATER))
    refitted = await shop.model(LATER)
    assert isinstance(refitted.design, Separate)
    assert set(refitted.design.responses.weights) == {"mail"}
    await shop.decides(decision(1))
    await shop.sells(2.0)
    await shop.learns(LATER)
    taught = await shop.model(LATER)
    assert taught.design == refitted.design
    assert taught.blocks["mail"].moment[-2] > refitted.blocks["mail"].moment[-2]


async def test_what_approvers_make_of_an_option_teaches_the_decision_before_it(shop: Shop, database: Database):
    minded = {"outcomes": {"edited": {"value": -0.1}, "rejected": {"value": -0.5}}}
    own, other = (
        decision(number, workflow_id=f"winback:c_1:{number}", steps=["offer"], rewards=minded) for number in (1, 2)
    )
    await shop.decides(own, other)
    async with database.transaction() as session:
        of_own = {"customer_id": "c_1", "workflow_id": "winback:c_1:1", "first_run_id": "r", "step_id": "offer"}
        asked = approval("a_1", **of_own, texts={"body": "Come back"}, requested_at=NOON)
        session.add(asked)
        edited = Asking(asked.message, "other words", {"body": "We miss you"})
        await keep_edit(session, asked, Label("offer", "v1", "en", "ada@northwind.example", NOON), edited)
    async with database.transaction() as session:
        await mark_decided(session, "a_1", state="rejected", by="ada@northwind.example", reason="no", at=NOON)

    assert await shop.learns(NOON + timedelta(days=1)) == Learned(rewarded=1, lessons=1)
    taught, untaught = sorted(await rows(database, PlannerDecision), key=lambda row: row.id)
    assert [(part["kind"], part["amount"]) for part in taught.parts] == [("edited", -0.1), ("rejected", -0.5)]
    assert untaught.reward is None
