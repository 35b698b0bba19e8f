"""Seasons of simulated shoppers: where the agent beats the fixed journey the report says so with an interval, and
where it does not, that.

The planners, what the agent learns of what was bought, the experiment and its report are the product's, on its
store; only the shoppers are made up. `python -m bench.proof` has them come through a Temporal server.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from sqlalchemy import insert
from sqlmodel import SQLModel, select

from activities.planning.decided import Made, Options
from activities.planning.learning import teach
from activities.planning.masking import Seen
from bench.worlds import ORDER, WORLDS, World
from deciding.knowing import Knowledge
from journeys.assignment import arm_of
from journeys.events import Event
from journeys.loader import load_journeys
from journeys.rewards import USUAL
from journeys.steps import Choose, Split
from learning.attribution import Happened, worths
from learning.attribution import Made as Rewarded
from learning.planners.interface import Question
from learning.planners.registry import known_planners, learner_of
from learning.sampler.model import Model
from starter.services import Services
from store.database import Database
from store.tables import Customer, EventRecord, Experiment, PlannerDecision, Run, Span
from workflows.ports import DecideRequest, RunRef

JOURNEY = load_journeys(Path(__file__).parents[2] / "bench" / "season" / "journeys")["season"]
[SPLIT] = [step for step in JOURNEY.steps if isinstance(step, Split)]
CHOICES = {arm.arm: step for arm in SPLIT.arms for step in arm.then if isinstance(step, Choose)}
LEARNER = learner_of("sampler", CHOICES["agent"].settings, CHOICES["agent"].features)
NIGHTS, DAILY, DAY = 20, 100, timedelta(days=1)
OPENING = datetime.now(UTC) - timedelta(days=60)


@dataclass
class Season:
    """A shop in one of the worlds, whose shoppers come by a journey that divides them."""

    database: Database
    world: World
    draw: random.Random
    knowledge: Knowledge = field(default_factory=Knowledge)

    async def run(self) -> None:
        """Before each night so many shoppers come, and in it the agent learns from what its own bought."""
        assert LEARNER is not None
        for number in range(NIGHTS):
            day, people = OPENING + number * DAY, [f"s{number}-{place}" for place in range(DAILY)]
            async with self.database.transaction() as session:
                model = await self.knowledge.model(session, "season", "as-learned", LEARNER, day)
                served = [self.serve(person, day, model) for person in people]
                for table, each in rows_of(served, day).items():
                    await session.exec(insert(table), params=each)
                learned = [one.row for one in served if one.row.learned_as]
                session.add_all(learned)
                await teach(session, [(row, None) for row in learned], day + DAY)

    def serve(self, person: str, day: datetime, model: Model | None) -> "Served":
        """Let a shopper go the way of their arm, and buy or not."""
        arm, young = arm_of(SPLIT.split, person, SPLIT.arms).arm, self.draw.random() < 0.5
        row = decided(person, day, CHOICES[arm], young, model)
        bought = self.draw.random() < self.world(row.option, young)
        order = Event(id=f"b-{person}", name="Order Completed", at=day + DAY / 2, properties={"total": ORDER})
        of_decision = Rewarded(row.option, day, CHOICES[arm].rewards or USUAL, frozenset())
        happened = [Happened(order)] if bought else []
        [worth] = worths([of_decision], happened, {}, day + 2 * DAY, agent=False)
        row.reward, row.credit, row.closed = worth.reward.counts, worth.credit, worth.reward.closed
        return Served(arm, row, order if bought else None)


class Served(NamedTuple):
    """The arm a shopper went, what was chosen for them with what it was worth, and what they bought."""

    arm: str
    row: PlannerDecision
    order: Event | None


def decided(person: str, day: datetime, step: Choose, young: bool, model: Model | None) -> PlannerDecision:
    """What the planner of a step chooses for a shopper, as the log keeps it."""
    features = {"young": float(young)} if step.features else {}
    options = tuple(each.option for each in step.options)
    ref = RunRef(workflow_id=person, first_run_id="r", journey="season", version="v1", customer_id=person)
    asked = DecideRequest(
        run=ref, step_id=step.id, pass_=0, now=day, decision=step.choose, planner=step.planner, options=options,
        settings=step.settings, features=features, names=tuple(step.features), rewards=step.rewards,
        start=Event(id=f"o-{person}", name="Season Opened", at=day),
    )  # fmt: skip
    learner = learner_of(step.planner, step.settings, step.features)
    question = Question(person, options, features=features, settings=step.settings, model=model)
    plan = known_planners()[step.planner](question)
    return Made(asked, question, Options(person, options, Seen()), plan, learner, None).row(step.rewards or USUAL)


def rows_of(served: Sequence[Served], day: datetime) -> dict[type[SQLModel], list[dict[str, Any]]]:
    """What else the store knows of a day: the shoppers, that they went the way of an arm, and what they bought."""
    customer = Customer(id="", traits={}, created_at=day)
    run = Run(
        workflow_id="", journey="season", version="v1", start_seq=1, customer_id="", state="closed", started_at=day
    )
    span = Span(
        span_id="", trace_id="t", workflow_id="", name="split", kind="split", started_at=day, ended_at=day,
        outcome="", attributes={}, links=[],
    )  # fmt: skip
    event = EventRecord(id="", customer_id="", name="", properties={}, occurred_at=day, received_at=day)
    ids = [each.row.customer_id for each in served]
    arms = [{"journey.experiment": SPLIT.split, "journey.arm": each.arm} for each in served]
    return {
        Customer: [like(customer, id=person) for person in ids],
        Run: [like(run, customer_id=person, workflow_id=person) for person in ids],
        Span: [like(span, span_id=one, workflow_id=one, attributes=a) for one, a in zip(ids, arms, strict=True)],
        EventRecord: [
            like(event, id=order.id, customer_id=row.customer_id, name=order.name, properties=order.properties,
                 occurred_at=order.at) for _, row, order in served if order
        ],
    }  # fmt: skip


def like(row: SQLModel, **changes: Any) -> dict[str, Any]:
    """A row as another one, to be written with many: the database numbers it."""
    return {name: value for name, value in row.model_dump().items() if value is not None} | changes


async def concluded(api: httpx.AsyncClient, shop: Services, world: World) -> dict[str, Any]:
    """What is concluded of an experiment that was planned and started before the season."""
    shop.journeys["season"] = JOURNEY
    plan = {
        "name": "who-decides", "journey": "season", "split": SPLIT.split, "lift": 0.7, "rate": 0.05,
        "daily": DAILY, "window_days": 1,
    }  # fmt: skip
    for path, body in (("", plan), ("/who-decides/start", {})):
        assert (await api.post(f"/v1/experiments{path}", json=body)).status_code == 200
    async with shop.database.transaction() as session:
        row = (await session.exec(select(Experiment))).one()
        row.started_at = OPENING
        session.add(row)
    await Season(shop.database, world, random.Random(1)).run()
    return (await api.post("/v1/experiments/who-decides/stop", json={})).json()["conclusion"]


async def test_where_tastes_differ_the_agent_beats_the_fixed_journey_and_the_report_says_so_with_an_interval(
    api: httpx.AsyncClient, shop: Services
) -> None:
    world, verdict = WORLDS["tastes differ"]
    found = await concluded(api, shop, world)
    [agent], rate = found["results"], found["results"][0]["rate"]
    assert (found["method"], found["sound"], agent["verdict"]) == ("Welch with CUPED", True, verdict)
    # The best there is: 17.5 % against the 5 % of mail for all.
    assert 0 < rate["low"] < rate["estimate"] < 0.125
    bounds = f"{100 * rate['low']:+.2f} to {100 * rate['high']:+.2f} points"
    says = f"'agent' converts more than 'fixed' ({bounds}). This is the conclusion at the planned end."
    assert agent["says"] == says
    assert agent["money_in_all"]["low"] > 0


async def test_where_nothing_matters_the_agent_does_not_and_the_report_says_that(
    api: httpx.AsyncClient, shop: Services
) -> None:
    world, verdict = WORLDS["nothing matters"]
    found = await concluded(api, shop, world)
    [agent], rate = found["results"], found["results"][0]["rate"]
    assert (found["method"], found["sound"], agent["verdict"]) == ("Welch with CUPED", True, verdict)
    assert rate["low"] < 0 < rate["high"]
    bounds = f"{100 * rate['low']:+.2f} to {100 * rate['high']:+.2f} points"
    assert agent["says"].startswith(f"No difference is shown between 'agent' and 'fixed' ({bounds} holds zero).")
    assert agent["money_in_all"]["low"] < 0 < agent["money_in_all"]["high"]
