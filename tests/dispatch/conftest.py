"""A shop whose events go on to a real Temporal server, and ways to cut that short at any point."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from pydantic import TypeAdapter
from sqlmodel import SQLModel, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio.api.enums.v1 import EventType
from temporalio.client import (
    Client,
    DescribeWorkflowInput,
    Interceptor,
    OutboundInterceptor,
    SignalWorkflowInput,
    StartWorkflowInput,
)

from journeys.events import Event
from journeys.ids import workflow_id
from starter.dispatch.dispatcher import Dispatcher
from starter.ingestion.acceptance import Ingestion
from starter.ingestion.incoming import Incoming, Who
from starter.segments.keeping import segments_of
from starter.services import Services
from store.database import Database
from store.tables import Identity, Lease, OutboxEntry, Run
from tests import seeding
from tests.waiting import eventually
from workflows.state import RunInput

JOURNEY = "browse-abandonment"


@pytest.fixture
async def shop(database: Database, temporal: Client) -> Services:
    """The retail shop with Temporal up."""
    return await seeding.services(database, temporal)


async def accept(services: Services, event: Incoming) -> None:
    """The event is accepted, and waits in the outbox."""
    segments = partial(segments_of, services)
    await Ingestion(services.database, [], lambda: None, segments=segments).accept([event])


@dataclass
class Shopper:
    """Somebody whose events the shop accepts. Each test has its own, so that runs keep apart."""

    services: Services
    user_id: str

    async def does(self, name: str, at: datetime | None = None, **properties: Any) -> None:
        """An event is accepted, and waits in the outbox."""
        event = Incoming(
            id=secrets.token_hex(8),
            name=name,
            who=Who(self.user_id),
            at=at or datetime.now(UTC),
            properties=properties,
        )
        await accept(self.services, event)

    async def views(self, product: str, at: datetime | None = None) -> None:
        await self.does("Product Viewed", at, product_id=product)

    async def buys(self, product: str) -> None:
        await self.does("Order Completed", products=[{"product_id": product}])

    async def customer_id(self) -> str:
        async with self.services.database.reading() as session:
            identity = await session.get(Identity, ("user", self.user_id))
        assert identity is not None
        return identity.customer_id

    async def workflow(self, product: str) -> str:
        return workflow_id(JOURNEY, await self.customer_id(), product)


@pytest.fixture
def lena(shop: Services) -> Shopper:
    return Shopper(shop, "lena")


@pytest.fixture
def omar(shop: Services) -> Shopper:
    return Shopper(shop, "omar")


async def rows(services: Services, table: type[SQLModel]) -> list[Any]:
    async with services.database.reading() as session:
        return list((await session.exec(select(table))).all())


async def nothing_is_due(services: Services) -> bool:
    """Nothing waits in the outbox but what is dead."""
    return all(entry.dead for entry in await rows(services, OutboxEntry))


@asynccontextmanager
async def dispatching(services: Services) -> AsyncGenerator[Dispatcher]:
    """A dispatcher that runs meanwhile."""
    dispatcher = Dispatcher(services)
    task = asyncio.create_task(dispatcher.run())
    try:
        yield dispatcher
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Killed):
            await task


async def dispatch(services: Services) -> None:
    """Deliver all that waits in the outbox."""
    async with dispatching(services):
        await eventually(lambda: nothing_is_due(services))


@dataclass
class History:
    """What Temporal knows of a workflow id's newest run."""

    given: RunInput
    signals: list[Event]


async def history(services: Services, workflow: str, run_id: str | None = None) -> History:
    """Read a run's start and its signals back from Temporal."""
    handle = services.temporal.get_workflow_handle(workflow, run_id=run_id)
    fetched = await handle.fetch_history()
    start = fetched.events[0].workflow_execution_started_event_attributes.input.payloads
    signals = [
        event.workflow_execution_signaled_event_attributes.input.payloads
        for event in fetched.events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
    ]
    read = TypeAdapter(Event).validate_json
    return History(RunInput.model_validate_json(start[0].data), [read(payloads[0].data) for payloads in signals])


async def started_times(services: Services, workflow: str) -> int:
    """How many runs of a workflow id Temporal has ever had."""
    query = f"WorkflowId = '{workflow}'"
    return (await services.temporal.count_workflows(query)).count


async def only_run(services: Services) -> Run:
    (run,) = await rows(services, Run)
    return run


class Killed(BaseException):
    """The process is gone. Nothing catches it, as nothing catches a `kill -9`."""


class Reaper:
    """Kills at the n-th of the points it is shown; without a number it only counts them."""

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.passed = 0
        self.struck = asyncio.Event()

    def pass_by(self) -> None:
        self.passed += 1
        if self.at is not None and self.passed >= self.at:
            self.struck.set()
            raise Killed


class MortalDatabase(Database):
    """A store whose transactions may be the last thing a process does: just before the commit, or just after."""

    def __init__(self, url: str, reaper: Reaper) -> None:
        super().__init__(url)
        self._reaper = reaper

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncSession]:
        async with super().transaction() as session:
            yield session
            self._reaper.pass_by()
        self._reaper.pass_by()


class MortalClient(Interceptor):
    """A Temporal client whose calls may be the last thing a process does: just before one, or just after."""

    def __init__(self, reaper: Reaper) -> None:
        self.reaper = reaper

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 the SDK's name
        return _MortalCalls(next, self.reaper)


class _MortalCalls(OutboundInterceptor):
    def __init__(self, next: OutboundInterceptor, reaper: Reaper) -> None:  # noqa: A002 the SDK's name
        super().__init__(next)
        self._reaper = reaper

    async def _call(self, call: Awaitable[Any]) -> Any:
        try:
            self._reaper.pass_by()
        except Killed:
            asyncio.ensure_future(call).cancel()
            raise
        result = await call
        self._reaper.pass_by()
        return result

    async def start_workflow(self, input: StartWorkflowInput) -> Any:  # noqa: A002 the SDK's name
        return await self._call(super().start_workflow(input))

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:  # noqa: A002 the SDK's name
        await self._call(super().signal_workflow(input))

    async def describe_workflow(self, input: DescribeWorkflowInput) -> Any:  # noqa: A002 the SDK's name
        return await self._call(super().describe_workflow(input))


def mortal(services: Services, reaper: Reaper, database_url: str) -> Services:
    """The same shop, in a process that the reaper may kill."""
    config: Any = services.temporal.config()
    client = Client(**{**config, "interceptors": [MortalClient(reaper)]})
    return replace(services, database=MortalDatabase(database_url, reaper), temporal=client)


async def forget_leader(services: Services) -> None:
    """The dead leader's lease has run out."""
    async with services.database.transaction() as session:
        await session.exec(delete(Lease))


def names(events: Sequence[Event]) -> list[str]:
    return [event.name for event in events]
