"""The activities of a worker, called as Temporal calls them, on a real store."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from temporalio.testing import ActivityEnvironment

from activities.alerting import Alerts, load_alerts
from activities.asking.acting import Acting
from activities.asking.permission import Permission
from activities.asking.questions import Questions
from activities.delivering.alarm import Alarm
from activities.delivering.facts import Gathering
from activities.delivering.judging import Judging
from activities.live import Live
from activities.tools.model import Tool
from activities.tools.refund import Refund
from journeys.events import Event
from journeys.interrupts import InterruptRules
from journeys.parts import EventMatch
from journeys.rewards import Rewards
from learning.planners.registry import learner_of
from policies.model import Policy
from project.model import load_project
from sandbox.http_server import serving
from sandbox.payments import Payments
from settings import Settings
from store.database import Database
from store.tables import Customer, EventRecord, PlannerDecision
from tests.tools.payments import TOKEN, open_payments
from workflows.ports import ActRequest, ApprovalTerms, Asked, AskRequest, Grant, RunRef

CONSOLE = "https://journeys.shop.example"
NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
RUN = RunRef(workflow_id="winback:c_1:-", first_run_id="run_1", journey="winback", version="v1", customer_id="c_1")
TERMS = ApprovalTerms(group="support", author="maria", within=timedelta(hours=8), otherwise="skip")
UNASKED = TERMS.model_copy(update={"group": None})
REWARDS = Rewards.model_validate({"outcomes": {"purchased": {"share": 0.5, "within": "7d", "each": True}}})
LEARNER = learner_of("sampler", {}, ("vip",))
HALF = {"order_id": "o_1", "amount": 40.0, "currency": "EUR"}


async def attempt(activity: Any, request: Any, number: int = 1) -> Any:
    """One attempt of an activity. Gives its result, or raises what makes Temporal try again."""
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=number)
    return await environment.run(activity, request)


async def rows(database: Database, table: type[SQLModel]) -> list[Any]:
    """Every row of a table."""
    async with database.reading() as session:
        return list((await session.exec(select(table))).all())


def refund(**changes: Any) -> ActRequest:
    """A run's request to refund half an order, with what a test wants changed."""
    request = ActRequest(
        run=RUN,
        step_id="refund",
        pass_=0,
        now=NOON,
        tool="refund",
        given=HALF,
        approval=TERMS,
        start=Event(id="start", name="Order Returned", at=NOON, seq=1),
        interrupts=InterruptRules(stop=(EventMatch(event="Return Withdrawn"),)),
        facts={},
    )
    return request.model_copy(update=changes)


def decision(number: int, option: str = "mail", **changes: Any) -> PlannerDecision:
    """A planner's choice in a run of its own, between a mail and a push."""
    assert LEARNER is not None
    at = changes.pop("decided_at", NOON)
    given: dict[str, Any] = {
        "id": f"c_{number}", "customer_id": "c_1", "workflow_id": f"winback:c_1:{number}", "first_run_id": "r",
        "journey": "winback", "version": "v1", "step_id": "next", "turn": 0, "decision": "nudge", "agent": False,
        "planner": "sampler", "learned_as": LEARNER.key, "model": "", "options": ["mail", "push"],
        "closed_options": {}, "features": {"vip": 1.0}, "looks_at": ["vip"], "settings": {},
        "probabilities": {"mail": 0.5, "push": 0.5}, "option": option, "probability": 0.5, "why": "",
        "advice": {}, "judged": {}, "steps": [], "expected": {},
        "rewards": REWARDS.model_dump(mode="json"), "goal": {}, "start_id": "e_0", "decided_at": at,
        "closes_at": REWARDS.closes_at(at),
    }  # fmt: skip
    return PlannerDecision(**given | changes)


def question(**changes: Any) -> AskRequest:
    request = AskRequest(run=RUN, step_id="review", pass_=0, now=NOON, about="May we?", approval=TERMS)
    return request.model_copy(update=changes)


def granted(asked: Asked) -> Grant:
    """Ada's yes to a question."""
    return Grant(
        approval_id=asked.approval_id,
        content_hash=asked.content_hash,
        asked_at=asked.asked_at,
        by="ada",
        reason="fair",
        at=NOON + timedelta(hours=1),
    )


@dataclass
class Desk:
    """A worker that can refund, and the payment service it refunds with."""

    database: Database
    payments: Payments
    policies: tuple[Policy, ...] = ()

    def acting(self, *tools: Tool) -> Acting:
        """The activities of a worker that starts now, with these tools or the usual one."""
        return Acting(self.database, {tool.name: tool for tool in tools or (self.refund,)}, self.permission)

    @property
    def permission(self) -> Permission:
        """Who judges what may be done."""
        alarm = Alarm(Alerts({}, self.database, CONSOLE))
        return Permission(Judging(Live(self.policies), Gathering("UTC", "Northwind"), Questions({}), alarm))

    @property
    def refund(self) -> Refund:
        return Refund(url=self.payments.url, token=TOKEN)

    async def act(self, request: ActRequest, number: int = 1, *tools: Tool) -> Any:
        return await attempt(self.acting(*tools).act, request, number)

    async def granted_refund(self) -> ActRequest:
        """A refund that a person was asked about and granted."""
        return refund(grant=granted(await self.act(refund())))

    async def happens(self, name: str, seq: int) -> None:
        """An event of the customer that is accepted, and that the run does not know of yet."""
        async with self.database.transaction() as session:
            session.add(
                EventRecord(
                    seq=seq,
                    id=f"e_{seq}",
                    customer_id="c_1",
                    name=name,
                    properties={},
                    occurred_at=NOON,
                    received_at=NOON,
                )
            )


@pytest.fixture
async def customer(database: Database) -> Customer:
    """Someone known to the store."""
    async with database.transaction() as session:
        lena = Customer(id="c_1", traits={"plan": "pro"}, time_zone="Europe/Berlin", locale="de", created_at=NOON)
        session.add(lena)
    return lena


@pytest.fixture
async def desk(database: Database, customer: Customer) -> AsyncGenerator[Desk]:
    async with open_payments(o_1=80.0) as payments:
        yield Desk(database, payments)


class Endpoint:
    """A service that takes alerts over HTTP. It refuses at `/down`."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.host = ""

    async def take(self, request: Request) -> Response:
        if request.url.path == "/down":
            return Response(status_code=503)
        self.heard.append(await request.json())
        return Response()


@pytest.fixture
async def endpoint() -> AsyncGenerator[Endpoint]:
    service = Endpoint()
    async with serving(Starlette(routes=[Route("/{path}", service.take, methods=["POST"])]), 0) as port:
        service.host = f"127.0.0.1:{port}"
        yield service


def alerts_of(folder: Path, database: Database, written: str, groups: str = "groups: {finance: {}}") -> Alerts:
    """The alerts of a project whose section `alerts` is as written."""
    file = folder / "sojourn.yaml"
    file.write_text(
        "brand: {name: Northwind, address: Hamburg, url: 'https://northwind.example'}\n"
        "write_keys: [key]\nchannels: {}\n" + f"{groups}\n{written}",
        encoding="utf-8",
    )
    return Alerts(load_alerts(load_project(Settings(project_dir=folder)), file), database, CONSOLE)
