"""Every span reaches the collector with its own id, whatever was down meanwhile; without one it stays at home."""

import asyncio
import contextlib
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select, update
from temporalio.client import Client

from settings import Settings
from store.database import Database
from store.tables import Span
from telemetry import ENDPOINTS, collector_named, ship_batch, ship_spans
from tests import seeding
from tests.conftest import RETAIL
from tests.retail import SECRET, retail_sandbox
from tests.telemetry.conftest import Collector
from tests.waiting import eventually
from worker import running_worker

BEGAN = seeding.NOW - timedelta(days=2)


@pytest.fixture
async def spans(database: Database) -> list[Span]:
    """The spans of a run that is over, as they stand in the store."""
    rows = seeding.trace(seeding.run_ref(), BEGAN, closed=True)
    await seeding.put(database, *rows)
    return rows


async def _unshipped(database: Database) -> int:
    async with database.reading() as session:
        return len((await session.exec(select(Span.span_id).where(col(Span.exported).is_(False)))).all())


async def test_every_span_arrives_once_and_is_not_sent_again(
    database: Database, spans: list[Span], collector: Collector
) -> None:
    assert await ship_batch(database, collector.exporter()) == len(spans)
    assert await ship_batch(database, collector.exporter()) == 0
    assert sorted(span.span_id.hex() for span in collector.spans) == sorted(span.span_id for span in spans)
    assert collector.asked == 1
    assert collector.services == {"journey-worker"}


async def test_what_a_collector_that_is_down_did_not_take_arrives_when_it_is_up(
    database: Database, spans: list[Span], collector: Collector
) -> None:
    collector.is_up = False
    assert await ship_batch(database, collector.exporter()) == 0
    assert await _unshipped(database) == len(spans)
    collector.is_up = True
    assert await ship_batch(database, collector.exporter()) == len(spans)
    assert {span.span_id.hex() for span in collector.spans} == {span.span_id for span in spans}


async def test_a_process_killed_before_it_noted_the_shipment_ships_the_same_ids_again(
    database: Database, spans: list[Span], collector: Collector
) -> None:
    await ship_batch(database, collector.exporter())
    async with database.transaction() as session:
        await session.exec(update(Span).values(exported=False))
    await ship_batch(database, collector.exporter())
    sent = [span.SerializeToString() for span in collector.spans]
    assert sorted(sent[: len(spans)]) == sorted(sent[len(spans) :])


async def test_spans_leave_as_they_are_written_until_it_is_told_to_stop(
    sqlite_database: Database, collector: Collector
) -> None:
    database = sqlite_database
    shipping = asyncio.create_task(ship_spans(database, collector.exporter()))
    for key in ("first", "second"):
        rows = seeding.trace(seeding.run_ref(key), BEGAN)
        await seeding.put(database, *rows)

        async def all_left() -> bool:
            return await _unshipped(database) == 0

        await eventually(all_left)
    shipping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await shipping
    assert len({span.trace_id for span in collector.spans}) == 2
    assert len(collector.spans) == len({span.span_id for span in collector.spans})


async def test_a_store_that_is_away_for_a_moment_does_not_end_the_shipping(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/none")
    shipping = asyncio.create_task(ship_spans(away, collector.exporter()))
    for _ in range(2):
        caplog.clear()

        async def is_told() -> bool:
            return "the spans cannot be shipped now" in caplog.text

        await eventually(is_told)
    shipping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await shipping
    await away.close()


@pytest.mark.xdist_group("e2e")
@pytest.mark.parametrize("variable", ENDPOINTS)
async def test_a_worker_ships_when_the_environment_names_a_collector(
    variable: str,
    sqlite_database: Database,
    temporal: Client,
    collector: Collector,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = "/v1/traces" if "TRACES" in variable else ""
    monkeypatch.setenv(variable, f"{collector.url}{path}")
    settings = Settings(
        project_dir=RETAIL,
        state_dir=tmp_path,
        database_url=sqlite_database.url,
        secret=SECRET,
        task_queue=variable,
    )
    await seeding.put(sqlite_database, *seeding.trace(seeding.run_ref(), BEGAN))

    async def left() -> bool:
        return await _unshipped(sqlite_database) == 0

    async with retail_sandbox(tmp_path), running_worker(temporal, settings):
        await eventually(left)
    assert collector.spans


def test_without_a_named_collector_nothing_is_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    assert not collector_named()
    monkeypatch.setenv(ENDPOINTS[1], "")
    assert not collector_named()
