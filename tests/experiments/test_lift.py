"""The lift over holdouts, from the runs and events in the store."""

from datetime import UTC, datetime, timedelta

import pytest

from content.surfaces import Surface
from journeys.assignment import share
from journeys.usual import goes_as_usual
from policies.holdout import HoldoutPolicy
from starter.experiments.lifting import ALL, Told, Wanted, document, lift_of_all, lifts
from store.database import Database
from store.exposures import Unit, in_holdout, segments_when
from store.segments import define
from store.tables import Customer, EventRecord, Membership, PlannerDecision
from tests.experiments.conftest import came, winback

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=40)
HOLDOUT = HoldoutPolicy(share=20)
SURFACES = {
    "homepage": Surface.model_validate(
        {"as_usual": 20, "slots": {"hero": {"planner": "random", "variants": ["tents", "boots"]}}}
    )
}


async def lifted(database: Database, holdout: HoldoutPolicy | None = HOLDOUT, now: datetime = LATER) -> list[Told]:
    wanted = Wanted("Order Completed", timedelta(days=14), NOON - timedelta(days=50), now)
    async with database.reading() as session:
        of_all = [await lift_of_all(session, holdout, wanted)] if holdout else []
        return [*of_all, *await lifts(session, [winback()], SURFACES, holdout, wanted)]


async def test_a_journey_is_held_against_those_it_leaves_alone(database: Database):
    await came(database, NOON)
    told = document((await lifted(database))[1])
    assert (told["of"], told["share"]) == ("winback", 50)
    # Half of the treated buy for 20, and a tenth of the others.
    assert told["conversions"]["estimate"] == pytest.approx(40)
    assert told["money"]["estimate"] == pytest.approx(800)
    assert told["says"] == "It brings money that would not have come anyway."


async def test_the_planners_of_a_journey_are_held_against_those_for_whom_it_goes_as_usual(database: Database):
    await came(database, NOON)
    told = document((await lifted(database))[2])
    # Of the hundred who came into the journey, every second one is bold, and buys.
    usual = [n for n in range(1, 200, 2) if goes_as_usual("winback", 20, f"c_{n}")]
    assert (told["of"], told["over"], told["share"]) == ("winback", "as-usual", 20)
    assert told["held_out"] == {
        "customers": len(usual), "rate": pytest.approx(sum(n % 4 == 1 for n in usual) / len(usual))
    }  # fmt: skip
    assert told["treated"]["customers"] == 100 - len(usual)


def filled_for(customer_id: str, number: int) -> PlannerDecision:
    """What a planner put into the hero of the homepage, drawn from two."""
    return PlannerDecision(
        id=f"s_{number}", customer_id=customer_id, workflow_id=f"homepage:{customer_id}:-", first_run_id="",
        journey="surface.homepage", version="v1", step_id="hero", turn=number, decision="hero", agent=False,
        planner="random", options=["tents", "boots"], closed_options={}, judged={}, features={}, looks_at=[],
        settings={}, probabilities={"tents": 0.5, "boots": 0.5}, option="boots", probability=0.5, expected={},
        why="drawn", advice={}, steps=[], rewards={}, goal={}, start_id="", decided_at=NOON, closes_at=NOON,
    )  # fmt: skip


async def test_the_planners_of_a_surface_are_held_against_business_as_usual_beside_the_permanent_holdout(
    sqlite_database: Database,
):
    await came(sqlite_database, NOON)
    shown = [f"c_{number}" for number in range(200)]
    async with sqlite_database.transaction() as session:
        session.add_all(filled_for(who, place) for place, who in enumerate((*shown, *shown[:50])))
    told = document((await lifted(sqlite_database))[-1])
    seen = [who for who in shown if not HOLDOUT.held_out(who)]
    usual = [who for who in seen if goes_as_usual("surface.homepage", 20, who)]
    assert (told["of"], told["over"], told["share"]) == ("surface.homepage", "as-usual", 20)
    assert told["held_out"]["customers"] == len(usual)
    assert told["treated"]["customers"] == len(seen) - len(usual)


async def test_all_journeys_are_held_against_the_share_that_is_left_alone_for_ever(sqlite_database: Database):
    await came(sqlite_database, NOON)
    told = document((await lifted(sqlite_database))[0])
    alone = {n for n in range(200) if share(HOLDOUT.seed, f"c_{n}") < 0.2}
    buyers = {n for n in range(200) if n % 20 == 0 or n % 4 == 1}
    assert (told["of"], told["held_out"]["customers"]) == (ALL, len(alone))
    assert told["held_out"]["rate"] == pytest.approx(len(alone & buyers) / len(alone))


async def test_without_a_share_that_is_left_alone_there_is_no_lift_of_all(sqlite_database: Database):
    await came(sqlite_database, NOON)
    assert {told.of for told in await lifted(sqlite_database, None)} == {"winback", "surface.homepage"}


async def test_before_anyones_window_is_over_nothing_is_said_of_a_journey(sqlite_database: Database):
    await came(sqlite_database, NOON)
    told, *_ = await lifted(sqlite_database, None, NOON + timedelta(days=3))
    assert (
        document(told)["why_not"] == "too early: 0 customers are too few; 2 are needed at the least in both groups"
    )


def turn(customer: str, entered: bool, at: datetime) -> EventRecord:
    name = "Segment Entered" if entered else "Segment Left"
    return EventRecord(
        id=f"e_{customer}_{entered}", customer_id=customer, name=name, properties={"segment": "loyal"},
        occurred_at=at, received_at=at,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("entered", "left", "was_in"),
    [
        # Days after the customer came; None is never.
        (None, None, False),
        (-2, None, True),
        (0, None, True),
        (-2, -1, False),
        (-2, 1, True),
        (1, None, False),
        (1, 2, False),
    ],
)
async def test_a_segment_counts_as_it_was_when_the_customer_came(
    sqlite_database: Database, entered: int | None, left: int | None, was_in: bool
):
    turns = [
        (member, NOON + timedelta(days=day)) for member, day in ((True, entered), (False, left)) if day is not None
    ]
    async with sqlite_database.transaction() as session:
        await define(session, {"loyal": ("true", "v1")}, NOON)
        session.add(Customer(id="c_1", traits={}, created_at=NOON))
        await session.flush()
        session.add_all(turn("c_1", member, at) for member, at in turns)
        if turns:
            member, since = turns[-1]
            session.add(Membership(segment="loyal", customer_id="c_1", member=member, since=since, version="v1"))
    async with sqlite_database.reading() as session:
        found = await segments_when(session, [Unit("c_1", "journey", NOON)])
    assert found == {"c_1": {"loyal": was_in}}


async def test_a_segment_that_was_defined_after_they_came_says_nothing_of_them(sqlite_database: Database):
    await came(sqlite_database, NOON, count=2)
    async with sqlite_database.transaction() as session:
        await define(session, {"loyal": ("true", "v1")}, LATER)
        session.add(Membership(segment="loyal", customer_id="c_0", member=True, since=LATER, version="v1"))
    async with sqlite_database.reading() as session:
        found = await segments_when(session, await in_holdout(session, "winback"))
    assert found == {"c_0": {}, "c_1": {"loyal": False}}
