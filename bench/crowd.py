"""A store with many customers and events, written in bulk, and how long lookups take in it."""

import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any, cast

from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from starter.ingestion.acceptance import Ingestion
from starter.ingestion.incoming import Incoming, Who
from store.database import Database
from store.events import accepted_among, list_events
from store.identity import owners_of
from store.intake import latest_times
from store.outbox import due_entries
from store.runs import open_runs
from store.tables import Customer, EventRecord, Identity, Run

_NAMES = ("Page Viewed", "Product Viewed", "Product Added", "Order Completed")
_CHUNK = 5_000
_PROPERTIES = {"product_id": "lumen-2", "price": 329.0}
_RUN = Run(
    workflow_id="",
    journey="two-messages",
    version="1",
    customer_id="",
    start_seq=0,
    state="open",
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
)


async def seed(database: Database, customers: int, events: int) -> None:
    """Write customers, each with a user id, their events, and open runs of a tenth of them."""
    now = datetime.now(UTC)
    ids = [f"c_{n}" for n in range(customers)]
    person = Customer(id="", traits={"plan": "pro"}, created_at=now)
    await _write(database, person, ({"id": each} for each in ids))
    known_as = Identity(kind="user", value="", customer_id="", since=now)
    await _write(database, known_as, ({"value": f"u{n}", "customer_id": each} for n, each in enumerate(ids)))
    event = EventRecord(id="", customer_id="", name="", properties=_PROPERTIES, occurred_at=now, received_at=now)
    await _write(database, event, (_event(n, ids[n % customers], now) for n in range(events)))
    await _write(database, _RUN.model_copy(update={"started_at": now}), (_run(n) for n in range(0, customers, 10)))


async def _write(database: Database, alike: SQLModel, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows that are like one but for what each of them says."""
    table = cast(Any, type(alike)).__table__
    shared = {name: value for name, value in alike.model_dump().items() if value is not None}
    remaining = iter(rows)
    while chunk := [shared | row for row in islice(remaining, _CHUNK)]:
        async with database.connection() as connection:
            await connection.execute(table.insert(), chunk)


def _event(number: int, customer_id: str, now: datetime) -> dict[str, Any]:
    at = now - timedelta(days=30) + timedelta(seconds=number)
    name = _NAMES[number % len(_NAMES)]
    return {
        "id": f"seeded-{number}",
        "customer_id": customer_id,
        "name": name,
        "occurred_at": at,
        "received_at": at,
    }


def _run(customer: int) -> dict[str, Any]:
    return {
        "workflow_id": f"two-messages:c_{customer}:p",
        "first_run_id": f"run-{customer}",
        "customer_id": f"c_{customer}",
        "start_seq": customer + 1,
    }


Lookup = Callable[[AsyncSession, int], Awaitable[object]]
LOOKUPS: dict[str, Lookup] = {
    "whose user id": lambda session, n: owners_of(session, [("user", f"u{n}")]),
    "is the event known": lambda session, n: accepted_among(session, [f"seeded-{n}"]),
    "the customer's last event": lambda session, n: latest_times(session, {f"c_{n}"}),
    "the customer's open runs": lambda session, n: open_runs(session, [f"c_{n}"]),
    "the customer's events": lambda session, n: list_events(session, customer_id=f"c_{n}"),
    "what to deliver next": lambda session, _: due_entries(session, datetime.now(UTC), [], 500),
}


async def time_lookups(database: Database, customers: int, times: int, random: Random) -> dict[str, list[float]]:
    """How many milliseconds each lookup takes, for customers picked at random, and accepting one event."""
    took: dict[str, list[float]] = {}
    for name, lookup in LOOKUPS.items():
        async with database.reading() as session:
            took[name] = [
                ms async for ms in _timed(times, lambda s=session, f=lookup: f(s, _any(random, customers)))
            ]
    ingestion = Ingestion(database, [], lambda: None)
    took["accept one event"] = [
        ms async for ms in _timed(times, lambda: ingestion.accept([_incoming(_any(random, customers))]))
    ]
    return took


async def _timed(times: int, call: Callable[[], Awaitable[object]]) -> AsyncIterator[float]:
    for _ in range(times):
        began = time.perf_counter()
        await call()
        yield (time.perf_counter() - began) * 1000


def _any(random: Random, customers: int) -> int:
    return random.randrange(customers)


def _incoming(customer: int) -> Incoming:
    return Incoming(
        id=secrets.token_hex(8), name="Page Viewed", who=Who(f"u{customer}"), at=datetime.now(UTC), properties={}
    )
