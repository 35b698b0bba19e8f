"""The three ways to do the same thing, and how a run of each is started and signalled."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Protocol

from temporalio.client import Client

from bench.bare import BareTwoMessages, Given
from journeys.events import Event
from journeys.ids import workflow_id
from journeys.loader import load_journeys
from journeys.model import Journey
from keys.customers import CustomerKeys
from keys.installation import installation_secret
from project.model import load_project
from settings import Settings
from starter.dispatch.launch import Launcher
from starter.dispatch.signals import signal
from starter.services import Services
from starter.temporal import connect
from store.database import Database
from store.events import as_event
from store.migrate import migrate
from store.tables import Address, ConsentRecord, Customer, EventRecord, Run

_PRODUCT = "lumen-2"
_FIRST_WAIT_SECONDS = 1
_PARKED_SECONDS = 20 * 24 * 3600


class Way(Protocol):
    """One way. A run is named by its key, a word of which each is used once."""

    async def prepare(self, keys: Sequence[str], *, parked: bool = False) -> None:
        """Write what is there before a run starts. Not measured."""
        ...

    async def start(self, key: str) -> str:
        """Start a run, which does not wait for its worker; gives its workflow id."""
        ...

    async def signal(self, key: str) -> None:
        """Send a run what it waits for."""
        ...


class Bare:
    """The workflow by hand, whichever activities its worker has."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client = client
        self._queue = settings.task_queue
        self._wait: dict[str, int] = {}

    async def prepare(self, keys: Sequence[str], *, parked: bool = False) -> None:
        self._wait.update(dict.fromkeys(keys, _PARKED_SECONDS if parked else _FIRST_WAIT_SECONDS))

    async def start(self, key: str) -> str:
        given = Given(customer=f"c_{key}", first_wait_seconds=self._wait[key])
        handle = await self._client.start_workflow(
            BareTwoMessages.run, given, id=self._id(key), task_queue=self._queue
        )
        return handle.id

    async def signal(self, key: str) -> None:
        await self._client.get_workflow_handle(self._id(key)).signal(BareTwoMessages.answer)

    def _id(self, key: str) -> str:
        return f"{self._queue}:{key}"


class Sojourn:
    """A journey, started and signalled as the dispatcher does it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._launcher = Launcher(services)
        self._waiting: dict[str, tuple[Run, Journey, Customer, Event]] = {}
        self._started: dict[str, Run] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings, keys: CustomerKeys) -> "AsyncGenerator[Sojourn]":
        """The way, with the store it shares with its worker. The environment names the vendors."""
        database = Database(settings.database)
        try:
            await migrate(database)
            yield cls(
                Services(
                    settings=settings,
                    project=load_project(settings),
                    journeys=load_journeys(settings.project_dir / "journeys"),
                    database=database,
                    temporal=await connect(settings, keys),
                    secret=installation_secret(settings),
                )
            )
        finally:
            await database.close()

    async def prepare(self, keys: Sequence[str], *, parked: bool = False) -> None:
        journey = self._services.journeys["parked" if parked else "two-messages"]
        now = datetime.now(UTC)
        customers = {key: _customer(key, now) for key in keys}
        views = {key: _view(key, now) for key in keys}
        async with self._services.database.transaction() as session:
            session.add_all(customers.values())
            await session.flush()
            session.add_all([row for key in keys for row in _reachable(key, now)])
            session.add_all(views.values())
            await session.flush()
            runs = {key: _run(journey, customers[key], views[key], now) for key in keys}
            session.add_all(runs.values())
        for key in keys:
            self._waiting[key] = (runs[key], journey, customers[key], as_event(views[key]))

    async def start(self, key: str) -> str:
        run, journey, customer, event = self._waiting.pop(key)
        await self._launcher.start(run, journey, customer, event)
        self._started[key] = run
        return run.workflow_id

    async def signal(self, key: str) -> None:
        properties = {"product_id": _PRODUCT}
        added = Event(id=f"added-{key}", name="Product Added", at=datetime.now(UTC), properties=properties)
        await signal(self._services.temporal, self._started.pop(key), added)


def _customer(key: str, now: datetime) -> Customer:
    # Where it is about noon, so that the quiet hours are judged and never hold a message.
    return Customer(
        id=f"c_{key}", traits={"first_name": "Lena"}, time_zone=f"Etc/GMT{now.hour - 12:+d}", created_at=now
    )


def _reachable(key: str, now: datetime) -> list[Address | ConsentRecord]:
    customer_id = f"c_{key}"
    return [
        Address(customer_id=customer_id, kind="push_token", value=f"token-{key}", updated_at=now),
        ConsentRecord(
            customer_id=customer_id, channel="push", purpose="marketing", granted=True, source="bench", at=now
        ),
    ]


def _view(key: str, now: datetime) -> EventRecord:
    return EventRecord(
        id=f"viewed-{key}",
        customer_id=f"c_{key}",
        name="Product Viewed",
        properties={"product_id": _PRODUCT, "name": "Lumen 2 tent", "price": 329.0},
        occurred_at=now,
        received_at=now,
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )


def _run(journey: Journey, customer: Customer, view: EventRecord, now: datetime) -> Run:
    return Run(
        workflow_id=workflow_id(journey.journey, customer.id, _PRODUCT),
        journey=journey.journey,
        version=journey.version,
        customer_id=customer.id,
        start_seq=view.seq or 0,
        state="starting",
        started_at=now,
    )
