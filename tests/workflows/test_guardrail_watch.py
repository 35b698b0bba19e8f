"""A storm of complaints: the watch trips, the journey is back to business as usual, and the operators are told."""

import sys
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from journeys.events import Event
from journeys.model import Journey
from sandbox.http_server import serving
from settings import Settings
from store.autonomy import tightening_of
from store.database import Database
from store.tables import Customer, Delivery, PlannerDecision
from store.versions import publish
from tests.workflows.conftest import SIGNER
from worker import load_parts, make_activities, sandboxed_runner
from workflows.journey import CustomerJourney
from workflows.search_attributes import ALL
from workflows.state import RunInput
from workflows.watching import GuardrailWatch

JOURNEY = Journey.model_validate(
    {
        "journey": "winback",
        "owner": "maria",
        "start": {"event": "Product Viewed"},
        "steps": [
            {
                "choose": "next",
                "planner": "rules",
                "settings": {"rules": [{"choose": "push"}]},
                "options": [{"option": "mail"}, {"option": "push"}],
            }
        ],
    }
)


@pytest.fixture
async def told() -> AsyncGenerator[list[Any]]:
    """What the operators' service heard; its port comes first."""
    heard: list[Any] = []

    async def take(request: Request) -> Response:
        heard.append(await request.json())
        return Response()

    async with serving(Starlette(routes=[Route("/{path}", take, methods=["POST"])]), 0) as port:
        heard.append(port)
        yield heard


@pytest.fixture
async def env() -> AsyncGenerator[WorkflowEnvironment]:
    server = str(Path(sys.executable).parent / "temporal-test-server")
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=server, data_converter=pydantic_data_converter
    ) as env:
        names = {key.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD for key in ALL}
        request = AddSearchAttributesRequest(search_attributes=names, namespace=env.client.namespace)
        await env.client.operator_service.add_search_attributes(request)
        yield env


def project(folder: Path, port: int) -> Settings:
    """A shop whose marketing decides, and whose operators hear of alerts."""
    (folder / "sojourn.yaml").write_text(
        'brand: {name: Shop, address: "Hafenstr. 12, 20457 Hamburg", url: "https://shop.example"}\n'
        "write_keys: [key]\nchannels: {}\ngroups: {marketing: {}}\n"
        f'alerts: {{operators: ["json://127.0.0.1:{port}/operators"]}}\n'
    )
    (folder / "content").mkdir()
    (folder / "policies.yaml").write_text("consent: {}\n")
    return Settings(project_dir=folder, state_dir=folder, secret="s" * 32, public_url="https://console.example")


async def storm(database: Database, now: datetime) -> None:
    """Two hundred mails of the last hour, of which ten were marked as spam."""
    sent: dict[str, Any] = {
        "first_run_id": "run_1", "journey": "winback", "step_id": "mail", "pass_": 0, "channel": "email",
        "provider": "smtp", "purpose": "marketing", "content": "hello", "findings": [],
        "reserved_at": now - timedelta(hours=1),
    }  # fmt: skip
    async with database.transaction() as session:
        await publish(session, JOURNEY, "maria", now)
        session.add_all(Customer(id=f"c_{number}", traits={}, created_at=now) for number in range(200))
        await session.flush()
        for n in range(200):
            state = "complained" if n < 10 else "delivered"
            session.add(Delivery(id=f"d_{n}", workflow_id=f"w_{n}", customer_id=f"c_{n}", state=state, **sent))


async def test_a_storm_of_complaints_rolls_the_journey_back(
    env: WorkflowEnvironment, sqlite_database: Database, tmp_path: Path, told: list[Any]
) -> None:
    settings, now = project(tmp_path, told.pop()), await env.get_current_time()
    await storm(sqlite_database, now)
    start = Event(id="start", name="Product Viewed", at=now, seq=1)
    run = RunInput(
        journey=JOURNEY, customer_id="c_7", time_zone="UTC", start=start, approval_key=SIGNER.public_key,
        console_url="http://console",
    )  # fmt: skip
    async with Worker(
        env.client,
        task_queue=settings.task_queue,
        workflows=[GuardrailWatch, CustomerJourney],
        activities=make_activities(settings, sqlite_database, load_parts(settings)),
        workflow_runner=sandboxed_runner(),
        build_id="test",
    ):
        queue = settings.task_queue
        looked = await env.client.execute_workflow(GuardrailWatch.run, id="guardrails:sojourn", task_queue=queue)
        await env.client.execute_workflow(CustomerJourney.run, run, id="winback:c_7:-", task_queue=queue)
    async with sqlite_database.reading() as session:
        tightened = await tightening_of(session, "winback")
        [decision] = (await session.exec(select(PlannerDecision))).all()
    assert (looked.tripped, looked.untold) == (1, 1)
    assert tightened is not None
    assert (tightened.tier, tightened.group, tightened.by) == ("supervised", "marketing", "guardrail:complaints")
    assert (decision.planner, decision.option) == ("fixed", "mail")
    assert decision.why.startswith("business as usual, because the guardrail on complaints over email tripped at")
    [alert] = told
    assert alert["title"] == "winback: the guardrail on complaints over email tripped"
    assert "10 of 200 messages, 5.00%, where 0.05 % is usual" in alert["message"]
    assert "https://console.example/journeys/winback#guardrails" in alert["message"]
