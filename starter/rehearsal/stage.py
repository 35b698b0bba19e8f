"""The stage of a rehearsal: a Temporal server that skips time, a worker, the vendors' sandbox, a new store."""

import asyncio
import contextlib
import secrets
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path

from sqlalchemy import make_url
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.testing import WorkflowEnvironment

from journeys.model import Journey
from journeys.segments import load_segments
from journeys.shapes import load_shapes
from keys.codec import data_converter
from keys.customers import CustomerKeys, open_keys
from keys.installation import installation_secret
from sandbox.server import Sandbox
from settings import Settings
from starter.dispatch.dispatcher import Dispatcher
from starter.ingestion.acceptance import Ingestion
from starter.local.environment import vendor_variables
from starter.local.programs import find_program
from starter.local.stack import vendors_sandbox
from starter.segments.keeping import segments_of
from starter.services import Services
from starter.temporal import runtime
from store.database import Database
from store.migrate import migrate
from worker import load_parts, make_worker
from workflows.search_attributes import ALL


@dataclass(frozen=True)
class Stage:
    """All parts, running, and the clock that they share."""

    services: Services
    ingestion: Ingestion
    sandbox: Sandbox
    environment: WorkflowEnvironment
    wake: Callable[[], None]
    """Have the dispatcher look at the outbox now."""

    async def now(self) -> datetime:
        """The time on stage, in UTC."""
        return await self.environment.get_current_time()

    async def pass_time(self, duration: timedelta) -> None:
        """Skip time; timers on the way fire at their own time, and what is under way then is waited for."""
        await self.environment.sleep(duration)


@asynccontextmanager
async def stage(project_dir: Path, journeys: Mapping[str, Journey]) -> AsyncGenerator[Stage]:
    """Set the stage for some journeys of a project, for as long as the block lasts.

    Raises yamlfile.FileProblems when the project has problems, LocalPartFailed when a part does not start.
    """
    with tempfile.TemporaryDirectory(prefix="sojourn-rehearsal-") as folder:
        settings = _settings(project_dir, Path(folder))
        store = Path(make_url(settings.database).database or "")
        await asyncio.to_thread(lambda: store.write_bytes(_empty_store()))
        async with (
            vendors_sandbox(settings, 0) as sandbox,
            open_keys(settings) as keys,
            await _time_skipping_server(keys) as environment,
        ):
            with vendor_variables(sandbox.environment(), keep_real=False):
                async with _playing(settings, journeys, sandbox, environment) as ready:
                    yield ready


@cache
def _empty_store() -> bytes:
    """An empty store with its tables, as a file of SQLite's. A process makes it once, as that takes as long as a
    short rehearsal does."""

    async def make(file: Path) -> None:
        database = Database(f"sqlite:///{file}")
        await migrate(database)
        await database.close()

    with tempfile.TemporaryDirectory(prefix="sojourn-rehearsal-") as folder:
        file = Path(folder) / "empty.db"
        asyncio.run(make(file))
        return file.read_bytes()


@asynccontextmanager
async def _playing(
    settings: Settings, journeys: Mapping[str, Journey], sandbox: Sandbox, environment: WorkflowEnvironment
) -> AsyncGenerator[Stage]:
    # Nobody is told of what only happened in a rehearsal.
    parts = replace(load_parts(settings, unapproved=True), alerts={})
    database = Database(settings.database)
    try:
        services = Services(
            settings=settings,
            project=parts.project,
            journeys=dict(journeys),
            database=database,
            temporal=environment.client,
            secret=installation_secret(settings),
            segments=load_segments(settings.project_dir, load_shapes(settings.project_dir / "events.yaml")),
        )
        dispatcher = Dispatcher(services)
        channels, rules = list(parts.project.channels), parts.project.identity
        segments = partial(segments_of, services)
        ingestion = Ingestion(database, channels, dispatcher.wake, rules=rules, segments=segments)
        async with make_worker(environment.client, settings, database, parts), _running(dispatcher):
            yield Stage(services, ingestion, sandbox, environment, dispatcher.wake)
    finally:
        await parts.close()
        await database.close()


@asynccontextmanager
async def _running(dispatcher: Dispatcher) -> AsyncGenerator[None]:
    task = asyncio.create_task(dispatcher.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _settings(project_dir: Path, state_dir: Path) -> Settings:
    """All are given, so that nothing of the user's own installation is touched."""
    return Settings(
        project_dir=project_dir,
        state_dir=state_dir,
        database_url="",
        task_queue="rehearsal",
        secret="",
        master_keys=secrets.token_urlsafe(32),
    )


async def _time_skipping_server(keys: CustomerKeys) -> WorkflowEnvironment:
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=find_program("temporal-test-server", "Temporal's test server"),
        data_converter=data_converter(keys),
        # It warns of what the test server lacks; a rehearsal does without.
        runtime=runtime("ERROR"),
    )
    await environment.client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(
            search_attributes={key.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD for key in ALL},
            namespace=environment.client.namespace,
        )
    )
    return environment
