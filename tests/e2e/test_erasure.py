"""After an erasure nothing reveals the customer: no table, no file, no history, no span, no log (invariant 7)."""

import asyncio
import json
import logging
from pathlib import Path

import pytest
from sqlalchemy import make_url, select
from sqlmodel import SQLModel

from journeys.ids import trace_id
from keys.codec import CustomerErased
from keys.customers import REMEMBERED_S, CustomerKeys, MasterKeys
from starter.cli import run as sojourn
from store.database import Database
from store.history import find_runs, spans_of_trace
from telemetry import readable
from tests.retail import OMAR, SECRET, TENT, RetailShop, Shopper
from tests.waiting import WITHIN, eventually

pytestmark = pytest.mark.xdist_group("e2e")


async def test_an_erasure_reaches_everything_and_ends_what_was_under_way(
    lena: Shopper, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    shop = lena.shop
    await lena.views({**TENT, "gift_for": "Jonas Weber"})
    run = await lena.run()
    for step in ("wait_1", "wait_3", "wait_5"):
        await shop.skip_wait(run, step)
    await shop.waits(run, "offer")
    known = ["lena", "Lena", lena.email, lena.push_token, "4915112345642", "Jonas Weber"]
    before = await _everything(shop.services.database)
    assert [word for word in known if word not in before] == []

    proof = await _erased_by_command(shop, capsys)

    assert proof["counts"]["runs ended"] == 1
    assert (await run.describe()).status is not None
    assert await shop.open_approvals() == []
    assert shop.received("whatsapp") == []
    after = await _everything(shop.services.database)
    assert [word for word in known if word in after] == []
    history = b"".join(event.SerializeToString() for event in (await run.fetch_history()).events)
    assert [word for word in known if word.encode() in history] == []
    assert [word for word in known if word in await _exported_spans(shop, run.id)] == []
    # The sandbox stands for the vendors: its own words are no log of ours.
    logs = "\n".join(record.getMessage() for record in caplog.records)
    assert [word for word in known if word in logs] == []


async def test_what_temporal_keeps_of_an_erased_customer_decrypts_nowhere(
    lena: Shopper, capsys: pytest.CaptureFixture[str]
) -> None:
    await lena.views()
    run = await lena.run()
    await _erased_by_command(lena.shop, capsys)
    events = (await run.fetch_history()).events
    sealed = list(events[0].workflow_execution_started_event_attributes.input.payloads)
    anew = lena.shop.services.temporal.data_converter.payload_codec
    assert anew is not None
    keys = CustomerKeys(lena.shop.services.database, MasterKeys([SECRET]))
    assert await keys.decrypt(sealed[0].metadata["key-owner"].decode(), sealed[0].data) is None

    async def forgotten() -> bool:
        try:
            await anew.decode(sealed)
        except CustomerErased:
            return True
        return False

    await eventually(forgotten, within=REMEMBERED_S + WITHIN)


async def test_whoever_comes_back_is_someone_new(lena: Shopper, capsys: pytest.CaptureFixture[str]) -> None:
    before = await lena.customer_id()
    await _erased_by_command(lena.shop, capsys)
    await lena.arrives()
    await lena.views()
    assert await lena.customer_id() != before
    assert len(await lena.runs()) == 1


async def _erased_by_command(shop: RetailShop, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, int]]:
    """The proof that the command line gives when it is done."""
    where = ["--url", str(shop.api.base_url), "--token", OMAR]
    capsys.readouterr()
    command = ["customer", "erase", "lena", "--yes", "-o", "json", *where]
    assert await asyncio.to_thread(sojourn, command) == 0
    return json.loads(capsys.readouterr().out)


async def _everything(database: Database) -> str:
    """Every row of every table, and the bytes of SQLite's files."""
    async with database.connection() as connection:
        tables = [str((await connection.execute(select(t))).all()) for t in SQLModel.metadata.sorted_tables]
    file = Path(make_url(database.url).database or "")
    files = [part.read_bytes().decode(errors="replace") for part in file.parent.glob(f"{file.name}*")]
    return "\n".join(tables + files)


async def _exported_spans(shop: RetailShop, workflow_id: str) -> str:
    """The spans of a run as they leave for the collector."""
    async with shop.services.database.reading() as session:
        [run] = await find_runs(session, workflow_id)
        spans = await spans_of_trace(session, trace_id(workflow_id, run.first_run_id))
    return "\n".join(readable(span).to_json() for span in spans)
