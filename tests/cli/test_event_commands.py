"""`sojourn event` against the real API: sending, putting files through, and what could not be delivered."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import col, select

from store.database import Database
from store.intake import Count, add_counts
from store.tables import Customer, EventRecord, OutboxEntry
from tests.cli.conftest import Command
from tests.cli.serving import Api

pytestmark = pytest.mark.xdist_group("cli-api")


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
            "'fast' is no speed; write original, max, or a factor such as 60.",
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


def test_what_comes_by_standard_input_goes_through(process: Command, api: Api):
    line = json.dumps({"type": "track", "userId": "anna", "event": "Fire Lit"})
    answer = process("event", "replay", "-", "--speed", "60", input=f"{line}\n{line}\n", **api.sender)
    assert (answer.code, answer.out) == (0, "Sent 2 events.\n")
    assert len(_accepted(api, "Fire Lit")) == 2


def test_a_replay_goes_on_from_a_line(sojourn: Command, api: Api, tmp_path: Path):
    file = tmp_path / "events.jsonl"
    lines = [{"type": "track", "userId": "anna", "event": "Peg Driven", "properties": {"n": n}} for n in (1, 2, 3)]
    file.write_text("\n".join(map(json.dumps, lines)))
    assert sojourn("event", "replay", file, "--from", "3", **api.sender).out == "Sent 1 event.\n"
    assert sojourn("event", "replay", file, **api.sender).out == "Sent 3 events.\n"
    assert [event.properties["n"] for event in _accepted(api, "Peg Driven")] == [3, 1, 2]


def test_accepted_events_are_listed_the_latest_first(sojourn: Command, sqlite_url: str):
    asyncio.run(_bury_an_event(sqlite_url))
    listed = sojourn("event", "list", SOJOURN_DATABASE_URL=sqlite_url)
    assert listed.out.splitlines()[1].split()[2:] == ["X", "c_1", "e1"]
    found = json.loads(sojourn("event", "list", "--name", "X", "-o", "json", SOJOURN_DATABASE_URL=sqlite_url).out)
    assert [event["id"] for event in found] == ["e1"]
    none = sojourn("event", "list", "--customer", "c_2", SOJOURN_DATABASE_URL=sqlite_url)
    assert none.out == "There are no such events.\n"


def test_dead_events_are_listed_with_the_reason_and_tried_again(sojourn: Command, sqlite_url: str):
    asyncio.run(_bury_an_event(sqlite_url))
    listed = sojourn("event", "dead", SOJOURN_DATABASE_URL=sqlite_url)
    assert listed.out.splitlines()[1].split() == ["e1", "X", "c_1", "the", "server", "refused", "it"]
    assert sojourn("event", "retry", "e1", SOJOURN_DATABASE_URL=sqlite_url).out == "1 tried again.\n"
    after = sojourn("event", "dead", SOJOURN_DATABASE_URL=sqlite_url)
    assert after.out == "Every event was delivered, or is on its way.\n"


def test_all_dead_events_are_tried_again(sojourn: Command, sqlite_url: str):
    asyncio.run(_bury_an_event(sqlite_url))
    assert sojourn("event", "retry", "--all", SOJOURN_DATABASE_URL=sqlite_url).out == "1 tried again.\n"
    assert sojourn("event", "retry", "--all", SOJOURN_DATABASE_URL=sqlite_url).out == "0 tried again.\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["e7"], "0 tried again; the others are not dead. See 'sojourn event dead'.\n"),
        ([], "Name the events as 'sojourn event dead' shows them, or say --all.\n"),
        (["e1", "--all"], "Name the events as 'sojourn event dead' shows them, or say --all.\n"),
    ],
)
def test_what_cannot_be_tried_again_is_told(sojourn: Command, sqlite_url: str, arguments: list[str], told: str):
    answer = sojourn("event", "retry", *arguments, SOJOURN_DATABASE_URL=sqlite_url)
    assert (answer.code, answer.err) == (1, told)


def test_the_status_tells_what_waits_what_is_dead_and_what_came_in(sojourn: Command, sqlite_url: str):
    asyncio.run(_bury_an_event(sqlite_url))
    asyncio.run(_count(sqlite_url, {"accepted": 12, "late": 2}))
    told = sojourn("event", "status", SOJOURN_DATABASE_URL=sqlite_url).out
    words = " ".join(told.split())
    assert words == (
        "waiting 0 dead 1 In 7 days: accepted 12 duplicate 0 late 2 out of order 0 refused 0 held back 0"
    )
    found = json.loads(sojourn("event", "status", "-o", "json", SOJOURN_DATABASE_URL=sqlite_url).out)
    assert (found["dead"], found["counts"]["late"]) == (1, 2)


async def _count(url: str, counts: dict[Count, int]) -> None:
    database = Database(url)
    async with database.transaction() as session:
        await add_counts(session, datetime.now(UTC).date(), counts)
    await database.close()


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
