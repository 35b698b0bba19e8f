"""A shop that tries something: a journey with a holdout and a split, its customers, and its doors."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta

import httpx
import pytest
from temporalio.client import Client

from journeys.model import Journey
from project.access import Group, Person
from starter.app import create_app
from starter.services import Services
from store.database import Database
from store.tables import Customer, EventRecord, Experiment, Run, Span
from tests import seeding

STELLA = Person(email="stella@northwind.example", name="Stella", groups=("strategy",), token="token-stella")


def winback(bold: int = 1) -> Journey:
    """A journey with a holdout, and a split whose second arm has this weight."""
    split = {"split": "subject", "arms": [{"arm": "plain"}, {"arm": "bold", "weight": bold}]}
    start = {"event": "Cart Abandoned"}
    return Journey.model_validate(
        {
            "journey": "winback",
            "owner": "maria",
            "holdout": 50,
            "as_usual": 20,
            "start": start,
            "steps": [split, {"choose": "next", "options": [{"option": "mail"}]}],
        }
    )


def running(since: datetime) -> Experiment:
    """An experiment over the split of that journey, which runs since a moment."""
    return Experiment(
        name="subject-line", journey="winback", split="subject", event="Order Completed", window_days=14,
        arms=[{"arm": "plain", "weight": 1.0}, {"arm": "bold", "weight": 1.0}], rate=0.1, lift=0.1, power=0.8,
        guards=[{"metric": "unsubscribed", "margin": 0.25}], daily=100, customers=1000, days=28, state="running",
        planned_at=since, planned_by=STELLA.email, started_at=since, started_by=STELLA.email, conclusion={},
    )  # fmt: skip


@pytest.fixture
async def shop(sqlite_database: Database) -> Services:
    """A shop whose Temporal server is down, with Stella, who is answerable for what is tried."""
    temporal = await Client.connect("127.0.0.1:1", lazy=True)
    services = await seeding.services(sqlite_database, temporal)
    groups = {**services.project.groups, "strategy": Group(roles=("strategy_owner",))}
    people = (*services.project.people, STELLA)
    return Services(
        settings=services.settings,
        project=services.project.model_copy(update={"people": people, "groups": groups}),
        journeys={"winback": winback()},
        database=sqlite_database,
        temporal=temporal,
        secret=services.secret,
    )


@pytest.fixture
async def api(shop: Services) -> AsyncGenerator[httpx.AsyncClient]:
    """The whole application, asked by Stella unless something else is said."""
    transport = httpx.ASGITransport(app=create_app(shop, dispatch=False))
    headers = {"Authorization": f"Bearer {STELLA.token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://sojourn.test", headers=headers) as client:
        yield client


async def came(database: Database, since: datetime, count: int = 200, prefix: str = "c") -> None:
    """So many customers come: every second one is left alone, of the others every second one goes the way 'bold'.

    Of those who are left alone one in ten buys, of the bold everyone, of the plain nobody.
    """
    async with database.transaction() as session:
        session.add_all(Customer(id=f"{prefix}_{n}", traits={}, created_at=since) for n in range(count))
        await session.flush()
        for number in range(count):
            session.add_all(_rows(f"{prefix}_{number}", number, since))


def _rows(customer: str, number: int, since: datetime) -> list[Run | Span | EventRecord]:
    alone, bold = number % 2 == 0, number % 4 == 1
    run = Run(
        workflow_id=f"winback:{customer}:-", journey="winback", version="v1", start_seq=number,
        customer_id=customer, state="closed", outcome="holdout" if alone else "completed", started_at=since,
    )  # fmt: skip
    arm = {"journey.experiment": "subject", "journey.arm": "bold" if bold else "plain"}
    span = Span(
        span_id=f"s_{customer}", trace_id="t", workflow_id=run.workflow_id, name="split", kind="split",
        started_at=since, ended_at=since, outcome="plain", attributes=arm, links=[],
    )  # fmt: skip
    at = since + timedelta(days=1)
    order = EventRecord(
        id=f"e_{customer}", customer_id=customer, name="Order Completed", properties={"total": 20.0},
        occurred_at=at, received_at=at,
    )  # fmt: skip
    return [run, *([] if alone else [span]), *([order] if number % 20 == 0 or bold else [])]
