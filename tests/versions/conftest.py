"""Journeys that run with the real worker and a store, on a server that skips time."""

import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from ruamel.yaml import YAML
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from journeys.events import Event
from journeys.ids import trace_id
from journeys.model import Journey
from settings import Settings
from store.database import Database
from store.history import find_runs, spans_of_trace
from store.tables import Customer, EventRecord, Run, Span
from tests.waiting import until
from worker import load_parts, make_worker
from workflows.approval import DecisionSigner
from workflows.journey import CustomerJourney
from workflows.search_attributes import ALL
from workflows.state import Heard, Move, Progress, RunInput, RunResult

SECRET = "the secret of this installation, long enough"
Handle = WorkflowHandle[CustomerJourney, RunResult]


def journey(steps: str, **rest: Any) -> Journey:
    """A journey with some steps, written as YAML."""
    given = {"journey": "welcome", "owner": "maria", "start": {"event": "Signed Up"}, **rest}
    return Journey.model_validate({**given, "steps": YAML(typ="safe").load(steps)})


@dataclass
class Shop:
    """What a test starts runs in."""

    client: Client
    environment: WorkflowEnvironment
    database: Database
    settings: Settings

    async def start(self, journey: Journey, customer_id: str = "c_lena") -> Handle:
        """A customer signs up, and the run of the journey begins."""
        now = await self.environment.get_current_time()
        async with self.database.transaction() as session:
            session.add(Customer(id=customer_id, traits={}, created_at=now))
            await session.flush()
            event = EventRecord(
                id=f"signed-up-{customer_id}",
                customer_id=customer_id,
                name="Signed Up",
                properties={},
                occurred_at=now,
                received_at=now,
            )
            session.add(event)
            await session.flush()
            seq = event.seq or 1
        given = RunInput(
            journey=journey,
            customer_id=customer_id,
            time_zone="Europe/Berlin",
            start=Event(id=event.id, name=event.name, at=now, seq=seq),
            approval_key=DecisionSigner(SECRET).public_key,
            console_url="http://console",
        )
        handle = await self.client.start_workflow(
            CustomerJourney.run,
            given,
            id=f"{journey.journey}:{customer_id}:-",
            task_queue=self.settings.task_queue,
        )
        async with self.database.transaction() as session:
            run = Run(
                workflow_id=handle.id,
                first_run_id=handle.first_execution_run_id or "",
                journey=journey.journey,
                version=journey.version,
                customer_id=customer_id,
                start_seq=seq,
                state="open",
                started_at=now,
            )
            session.add(run)
        return handle

    async def happens(self, handle: Handle, name: str) -> None:
        now = await self.environment.get_current_time()
        await handle.signal(CustomerJourney.event, Heard(id=f"e-{name}", name=name, at=now, seq=99))

    async def waits(self, handle: Handle, at: str) -> Progress:
        """The run waits at a step, or asks there."""
        return await until(
            handle, lambda run: run.at == at and run.doing in ("asking", "waiting") and run.waiting_until
        )

    async def row(self, handle: Handle) -> Run:
        async with self.database.reading() as session:
            return (await find_runs(session, handle.id))[0]

    async def timeline(self, handle: Handle) -> list[Span]:
        async with self.database.reading() as session:
            return list(await spans_of_trace(session, trace_id(handle.id, handle.first_execution_run_id or "")))


async def migrate(handle: Handle, to: Journey) -> str:
    """Move a run to a version; gives the step where it goes on, or why it does not."""
    try:
        return await handle.execute_update(CustomerJourney.migrate, Move(journey=to))
    except WorkflowUpdateFailedError as error:
        return f"refused: {cast(ApplicationError, error.cause).message}"


@pytest.fixture
async def shop(sqlite_database: Database, tmp_path: Path) -> AsyncGenerator[Shop]:
    folder = tmp_path / "project"
    (folder / "content").mkdir(parents=True)
    brand = "brand: {name: Northwind, address: Hamburg, url: 'https://northwind.example'}"
    (folder / "sojourn.yaml").write_text(f"{brand}\nwrite_keys: [key]\nchannels: {{}}\n", encoding="utf-8")
    (folder / "policies.yaml").write_text("consent: {}\n", encoding="utf-8")
    settings = Settings(project_dir=folder, state_dir=folder / "state", secret=SECRET, task_queue="versions")
    parts = load_parts(settings)
    server = str(Path(sys.executable).parent / "temporal-test-server")
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=server, data_converter=pydantic_data_converter
    ) as environment:
        kinds = {key.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD for key in ALL}
        await environment.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(search_attributes=kinds, namespace=environment.client.namespace)
        )
        async with make_worker(environment.client, settings, sqlite_database, parts):
            yield Shop(environment.client, environment, sqlite_database, settings)
    await parts.close()
