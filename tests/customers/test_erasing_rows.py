"""An erasure in the store: nothing in any table tells who the customer was; what was counted still adds up."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import make_url
from sqlmodel import SQLModel

from store.database import Database
from store.digests import digest
from store.erasing import begin_erasure, covered_columns, finish_erasure
from store.suppressions import find_suppression
from store.tables import Customer, Erasure, Identity, Refusal
from tests.customers.filling import LENA, TOLD, everything, fill, told_in
from tests.seeding import NOW

TOM = Customer(id="c_tom", traits={"name": "Tom"}, created_at=NOW)


async def begin(database: Database, *, suppress: bool = False) -> Erasure | None:
    async with database.transaction() as session:
        return await begin_erasure(
            session, LENA, by="priya@northwind.example", suppress_addresses=suppress, at=NOW
        )


async def finish(database: Database) -> Erasure:
    async with database.transaction() as session:
        erasure = await finish_erasure(session, LENA, NOW + timedelta(minutes=1))
    await database.overwrite_deleted()
    return erasure


def test_every_table_that_names_customers_is_erased() -> None:
    """Whoever adds a table says in store/erasing.py what becomes of its rows."""
    naming = {
        (table.name, column.name)
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if column.name == "customer_id" or any(k.target_fullname == "customer.id" for k in column.foreign_keys)
    }
    assert naming - {("erasure", "customer_id"), ("customer", "merged_into")} == covered_columns()


async def test_the_store_tells_of_the_customer_before_in_every_word(database: Database) -> None:
    await fill(database)
    assert told_in(str(await everything(database))) == list(TOLD)


async def test_nothing_in_any_table_tells_who_it_was(database: Database) -> None:
    await fill(database)
    await begin(database)
    await finish(database)
    assert {
        name: told for name, rows in (await everything(database)).items() if (told := told_in(str(rows)))
    } == {}


async def test_the_files_of_sqlite_tell_nothing_either(sqlite_database: Database) -> None:
    await fill(sqlite_database)
    await begin(sqlite_database)
    await finish(sqlite_database)
    file = Path(make_url(sqlite_database.url).database or "")
    raw = b"".join(part.read_bytes() for part in file.parent.glob(f"{file.name}*"))
    assert [word for word in TOLD if word.encode() in raw] == []


async def test_what_was_counted_still_adds_up(database: Database) -> None:
    await fill(database)
    before = await everything(database)
    await begin(database)
    await finish(database)
    after = await everything(database)
    for table in ("run", "delivery", "approval", "action", "span"):
        assert len(after[table]) == len(before[table]), table
    assert [row["state"] for row in after["delivery"]] == ["rejected"]
    assert [(row["state"], row["decision_reason"]) for row in after["approval"]] == [("withdrawn", "")]
    assert [row["grounds"] for row in after["approval"]] == [{}]


async def test_the_proof_says_what_when_and_by_whom(database: Database) -> None:
    await fill(database)
    await begin(database)
    erasure = await finish(database)
    assert (erasure.requested_by, erasure.requested_at) == ("priya@northwind.example", NOW)
    assert erasure.done_at == NOW + timedelta(minutes=1)
    assert {name: erasure.counts[name] for name in ("event", "identity", "address", "refusal", "delivery")} == {
        "event": 2,  # the one that ended the runs is the second
        "identity": 3,
        "address": 3,
        "refusal": 1,
        "delivery": 1,
    }
    assert erasure.traces == {}


async def test_from_its_beginning_no_event_finds_the_customer(database: Database) -> None:
    await fill(database)
    await begin(database)
    rows = await everything(database)
    assert (rows["identity"], rows["address"], rows["outbox"]) == ([], [], [])
    assert [(row["traits"], row["time_zone"]) for row in rows["customer"]] == [
        ({}, None)
    ] * 2  # and the one they were before


async def test_done_twice_is_done_once(database: Database) -> None:
    await fill(database)
    await begin(database)
    first = await finish(database)
    again = await begin(database)
    assert again is not None
    assert (again.done_at, again.counts) == (first.done_at, first.counts)
    assert (await finish(database)).counts == first.counts


async def test_nobody_else_is_touched(database: Database) -> None:
    """A user id as short as `7` must not take with it every refused item that has a 7 somewhere."""
    toms = '{"userId": "77", "properties": {"price": 7}}'
    hers = '{"userId": "7"}'
    await fill(
        database,
        Customer.model_validate(TOM.model_dump()),
        Identity(kind="user", value="7", customer_id=LENA, since=NOW),
        Identity(kind="user", value="77", customer_id="c_tom", since=NOW),
        Refusal(id="r_tom", received_at=NOW, reason="no", raw=toms),
        Refusal(id="r_7", received_at=NOW, reason="no", raw=hers),
    )
    await begin(database)
    await finish(database)
    rows = await everything(database)
    assert [row["value"] for row in rows["identity"]] == ["77"]
    assert [row["id"] for row in rows["refusal"]] == ["r_tom"]
    assert {"name": "Tom"} in [row["traits"] for row in rows["customer"]]


async def test_addresses_may_stay_suppressed_by_their_digests(database: Database) -> None:
    await fill(database)
    await begin(database, suppress=True)
    await finish(database)
    async with database.reading() as session:
        assert await find_suppression(session, "email", "lena.koch@example.com") is not None
    # The list keeps the digest, and nothing else does.
    assert told_in(str(await everything(database))) == [digest("email", "lena.koch@example.com")]


async def test_who_is_not_there_cannot_be_erased(database: Database) -> None:
    assert await begin(database) is None
