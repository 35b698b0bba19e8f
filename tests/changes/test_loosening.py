"""A journey that was tightened does more by itself again only when others agree."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from journeys.review import Area
from starter.changes.autonomy import NobodyToAgree, NothingTightened, proposal_of
from starter.changes.proposing import LIFE
from store.audit import list_entries
from store.autonomy import NeedingPeople, tighten, tightening_of
from store.changes import find_change, keep_change, roll_back, settle_change
from store.database import Database
from store.tables import Change
from tests import seeding
from tests.access.conftest import browser_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
GUS, OMAR = "gus@northwind.example", "omar@northwind.example"


async def tightened(database: Database, tier: NeedingPeople = "supervised", group: str = "marketing") -> None:
    async with database.transaction() as session:
        await tighten(session, "winback", tier, group=group, reason="complaints", by="guardrail", at=NOON)


async def proposed(database: Database, review: Mapping[Area, str] | None = None) -> Change:
    async with database.transaction() as session:
        proposal = await proposal_of(session, review or {}, "winback", None, "the list was cleaned")
        given = vars(proposal) | {"id": "ch_1", "author": GUS, "proposed_at": NOON, "deadline": NOON + LIFE}
        change = Change(**given, state="open")
        await keep_change(session, change)
    return change


async def approved(database: Database) -> None:
    async with database.transaction() as session:
        await settle_change(session, "ch_1", "approved", [OMAR], "", NOON)


async def tier(database: Database) -> str | None:
    async with database.reading() as session:
        found = await tightening_of(session, "winback")
    return found.tier if found else None


async def test_it_is_loosened_when_it_is_approved_and_tightened_when_that_is_taken_back(
    database: Database,
) -> None:
    await tightened(database)
    await proposed(database)
    assert await tier(database) == "supervised"
    await approved(database)
    assert await tier(database) is None
    async with database.transaction() as session:
        await roll_back(session, "ch_1", OMAR, NOON)
    assert await tier(database) == "supervised"
    async with database.reading() as session:
        told = [
            (row.facts["what"], row.by) for row in (await list_entries(session, subject="autonomy:winback")).rows
        ]
    assert told[::-1] == [
        ("tightened", "guardrail"), ("proposed", GUS), ("approved", OMAR), ("loosened", OMAR),
        ("tightened", OMAR), ("rolled_back", OMAR),
    ]  # fmt: skip


async def test_where_no_group_may_decide_somebody_has_to_be_named_first(sqlite_database: Database) -> None:
    await tightened(sqlite_database, group="")
    with pytest.raises(NobodyToAgree, match="Name who agrees"):
        await proposed(sqlite_database)
    assert (await proposed(sqlite_database, {"autonomy": "strategy"})).areas == {"autonomy": "strategy"}


async def test_what_was_tightened_further_meanwhile_stays(sqlite_database: Database) -> None:
    """Whoever agreed did not know of it."""
    await tightened(sqlite_database)
    await proposed(sqlite_database)
    await tightened(sqlite_database, "human")
    await approved(sqlite_database)
    assert await tier(sqlite_database) == "human"
    async with sqlite_database.reading() as session:
        change = await find_change(session, "ch_1")
    assert change is not None
    assert change.state == "expired"


async def test_without_a_review_whoever_decides_since_then_must_agree(sqlite_database: Database) -> None:
    await tightened(sqlite_database)
    assert (await proposed(sqlite_database)).areas == {"autonomy": "marketing"}


async def test_the_group_for_autonomy_must_agree_where_one_is_named(sqlite_database: Database) -> None:
    await tightened(sqlite_database)
    assert (await proposed(sqlite_database, {"autonomy": "strategy"})).areas == {"autonomy": "strategy"}


async def test_nothing_is_proposed_for_a_journey_that_is_as_it_was(sqlite_database: Database) -> None:
    with pytest.raises(NothingTightened, match="its own tier counts"):
        await proposed(sqlite_database)


async def test_the_page_tells_what_is_tightened_and_why_nothing_was_proposed(sqlite_database: Database) -> None:
    """Nobody says why, and so nobody is asked."""
    await tightened(sqlite_database)
    async with browser_of(await seeding.services(sqlite_database)) as browser:
        await browser.post("/sign-in", data={"token": seeding.ADA.token})
        page = (await browser.get("/changes")).text
        form_token = page.split('name="form_token" value="')[1].split('"')[0]
        given = {"journey": "winback", "reason": " ", "form_token": form_token}
        answer = await browser.post("/changes/loosenings", data=given)
    assert "guardrail: complaints" in page
    assert (answer.status_code, "Say why" in answer.text) == (409, True)
