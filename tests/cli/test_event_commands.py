"""`sojourn event` against the real API: sending, putting files through, and what could not be delivered."""

import asyncio
import json
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import col, select

from store.database import Database
from store.tables import Customer, EventRecord, OutboxEntry
from tests.cli.conftest import Command
from tests.cli.serving import Api, api_of

pytestmark = pytest.mark.xdist_group("cli-api")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, temporal_address: str) -> Generator[Api]:
    with api_of(tmp_path_factory.mktemp("api"), temporal_address) as running:
        yield running


def _accepted(api: Api, name: str) -> list[EventRecord]:
    async def read() -> list[EventRecord]:
        database = Database(api.database_url)
        async with database.reading() as session:
            found = (await session.exec(select(EventRecord).where(col(EventRecord.name) == name))).all()
        await database.close()
        return list(found)

    return asyncio.run(read())


def test_an_event_that_is_sent_is_durable(sojourn: Command, api: Api):
    answer = sojourn(
        "event", "send", "Tent Pitched", "--user", "anna", "-p", "size=3", "-p", "place=by the lake", **api.sender
    )
    assert (answer.code, answer.err) == (0, "")
    (event,) = _accepted(api, "Tent Pitched")
    assert event.properties == {"size": 3, "place": "by the lake"}
    assert answer.out == f"Accepted as {event.id}.\n"


def test_an_unknown_write_key_is_told(sojourn: Command, api: Api):
    answer = sojourn("event", "send", "X", "--user", "anna", "--write-key", "wrong", "--url", api.url)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == "the write key is missing or not one of this project\n"


def test_a_missing_write_key_is_told_before_anything_is_sent(sojourn: Command):
    answer = sojourn("event", "send", "X", "--user", "anna")
    assert answer.code == 1
    assert "--write-key or SOJOURN_WRITE_KEY" in answer.err


def test_where_nothing_answers_it_says_so_at_once(sojourn: Command):
    answer = sojourn("event", "send", "X", "--user", "anna", "--write-key", "k", "--url", "http://127.0.0.1:9")
    assert answer.code == 1
    assert answer.err.startswith("Nothing answers at http://127.0.0.1:9. Start it with 'sojourn dev'")


def test_a_property_that_is_none(sojourn: Command):
    answer = sojourn("event", "send", "X", "--user", "anna", "-p", "size", SOJOURN_WRITE_KEY="k")
    assert answer.err == "'size' is no property; write it as name=value.\n"


def test_a_file_of_json_lines_goes_through_and_its_bad_lines_are_told(sojourn: Command, api: Api, tmp_path: Path):
    file = tmp_path / "events.jsonl"
    lines = [json.dumps({"type": "track", "userId": f"u{n}", "event": "Boot Laced"}) for n in range(250)]
    file.write_text("\n".join([*lines[:100], "no json", *lines[100:]]))
    answer = sojourn("event", "replay", file, **api.sender)
    assert answer.code == 1
    assert answer.out == "Sent 250 events.\n"
    assert answer.err.startswith(f"{file}:101:1: this is not JSON")
    assert answer.err.endswith("1 line is no event and was left out.\n")
    assert len(_accepted(api, "Boot Laced")) == 250


def test_a_file_put_through_twice_counts_once(sojourn: Command, api: Api, tmp_path: Path):
    file = tmp_path / "events.csv"
    file.write_text("who,what,item\nanna,Stove Lit,ember-stove\nben,Stove Lit,ember-stove\n")
    columns = "who=userId,what=event,item=properties.product_id"
    for _ in range(2):
        assert sojourn("event", "replay", file, "--map", columns, **api.sender).out == "Sent 2 events.\n"
    assert [e.properties for e in _accepted(api, "Stove Lit")] == [{"product_id": "ember-stove"}] * 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["missing.jsonl"], "missing.jsonl cannot be read: No such file or directory."),
        (["e.csv"], "Say what the columns of the CSV file are, such as --map user=userId,name=event."),
        (["e.csv", "--map", "a=userid"], "--map: 'userid' is not a field of an event; there are "),
        (["e.csv", "--map", "b=userId"], "e.csv:1:1: there is no column 'b'"),
        (
            ["e.csv", "--map", "a=userId", "--speed", "fast"],
            "'fast' is no speed; write original, max, or a factor",
        ),
        (["e.bin"], "e.bin is not UTF-8 text"),
    ],
)
def test_a_file_that_cannot_go_through(
    sojourn: Command, api: Api, tmp_path: Path, arguments: list[str], told: str
):
    (tmp_path / "e.csv").write_text("a\n1\n")
    (tmp_path / "e.bin").write_bytes(b"\xff\xfe\x00")
    answer = sojourn("event", "replay", *arguments, **api.sender)
    assert answer.code == 1
    assert answer.err.startswith(told)


def test_dead_events_are_listed_with_the_reason_and_revived(sojourn: Command, sqlite_url: str):
    asyncio.run(_bury_an_event(sqlite_url))
    listed = sojourn("event", "dead", "list", SOJOURN_DATABASE_URL=sqlite_url)
    assert listed.out.splitlines()[1].split() == ["1", "c_1", "the", "server", "refused", "it"]
    assert sojourn("event", "dead", "revive", "1", SOJOURN_DATABASE_URL=sqlite_url).out == "1 revived.\n"
    after = sojourn("event", "dead", "list", SOJOURN_DATABASE_URL=sqlite_url)
    assert after.out == "Every event was delivered, or is on its way.\n"


def test_reviving_what_is_not_dead_is_told(sojourn: Command, sqlite_url: str):
    answer = sojourn("event", "dead", "revive", "7", SOJOURN_DATABASE_URL=sqlite_url)
    assert answer.code == 1
    assert answer.err == "0 revived; the others are not on the list. See 'sojourn event dead list'.\n"


async def _bury_an_event(url: str) -> None:
    database, now = Database(url), datetime.now(UTC)
    async with database.transaction() as session:
        session.add(Customer(id="c_1", traits={}, created_at=now))
        await session.flush()
        session.add(
            EventRecord(
                seq=1, id="e1", customer_id="c_1", name="X", properties={}, occurred_at=now, received_at=now
            )
        )
        await session.flush()
        session.add(OutboxEntry(seq=1, customer_id="c_1", dead=True, last_error="the server refused it"))
    await database.close()
