"""Policies go live at once or when others have agreed, reach a worker that runs, and are taken back."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from activities.following import Following
from activities.live import Live
from content.library import load_library
from policies.model import Policy
from policies.registry import load_policies
from starter.changes.policies import live_text, proposal_of, publish_folder, publish_policies, who_must_agree
from starter.changes.proposing import LIFE
from store.audit import list_entries
from store.changes import find_change, keep_change, roll_back, settle_change
from store.database import Database
from store.tables import Change, FilesVersion
from tests.conftest import RETAIL
from yamlfile import FileProblems

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
STRICT, LAX = "discount_cap: {most: 10}\n", "discount_cap: {most: 30}\n"
REVIEW = {"price": "finance"}
GUS = "gus@northwind.example"


@pytest.fixture
async def strict(database: Database) -> Database:
    """A store in which STRICT is live."""
    async with database.transaction() as session:
        await publish_policies(session, STRICT, GUS)
    return database


async def proposed(database: Database, text: str = LAX) -> None:
    async with database.transaction() as session:
        areas = await who_must_agree(session, REVIEW, text)
        proposal = await proposal_of(session, text, areas, preview="3 would have been let through")
        given = vars(proposal) | {"id": "ch_1", "author": GUS, "proposed_at": NOW, "deadline": NOW + LIFE}
        await keep_change(session, Change(**given, state="open"))


async def approved(database: Database) -> None:
    async with database.transaction() as session:
        await settle_change(session, "ch_1", "approved", ["ada@northwind.example"], "", NOW)


async def live(database: Database) -> str | None:
    async with database.reading() as session:
        return await live_text(session)


async def test_only_what_a_group_is_named_for_waits(strict: Database) -> None:
    async with strict.reading() as session:
        assert await who_must_agree(session, REVIEW, LAX) == {"price": "finance"}
        assert await who_must_agree(session, {"compliance": "legal"}, LAX) == {}
        assert await who_must_agree(session, REVIEW, f"# Said better.\n{STRICT}") == {}


async def test_what_is_proposed_is_live_once_it_is_approved_and_until_it_is_taken_back(strict: Database) -> None:
    await proposed(strict)
    assert await live(strict) == STRICT
    await approved(strict)
    assert await live(strict) == LAX
    async with strict.transaction() as session:
        await roll_back(session, "ch_1", "ada@northwind.example", NOW)
    assert await live(strict) == STRICT
    async with strict.reading() as session:
        told = [
            entry.facts["what"] for entry in (await list_entries(session, subject="policies:policies.yaml")).rows
        ]
    assert told == ["rolled_back", "published", "published", "approved", "proposed", "published"]


async def test_what_was_approved_against_something_else_does_not_go_live(strict: Database) -> None:
    """Its reviewers saw another difference than it would make now."""
    await proposed(strict)
    async with strict.transaction() as session:
        await publish_policies(session, f"{STRICT}consent: {{}}\n", GUS)
    await approved(strict)
    assert await live(strict) == f"{STRICT}consent: {{}}\n"
    async with strict.reading() as session:
        change = await find_change(session, "ch_1")
    assert change is not None
    assert (change.state, "propose it again" in change.reason) == ("expired", True)


async def test_two_who_publish_at_the_same_moment_leave_one_version_live(database: Database) -> None:
    """Nothing was published before, so that there is no row that one could wait for."""

    async def publish(text: str) -> None:
        async with database.transaction() as session:
            await publish_policies(session, text, GUS)

    await asyncio.gather(publish(STRICT), publish(LAX))
    async with database.reading() as session:
        entries = (await list_entries(session, subject="policies:policies.yaml")).rows
        rows = (await session.exec(select(FilesVersion))).all()
    assert sorted(row.live for row in rows) == [False, True]
    [live] = [row.version for row in rows if row.live]
    assert [entry.facts["was"] is None for entry in entries] == [False, True]
    assert entries[0].facts["version"] == live


async def test_a_restart_puts_live_only_what_nobody_must_agree_to(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """The first of an installation has nothing that it could make laxer."""
    for text, is_live in ((STRICT, STRICT), (LAX, STRICT), (f"# Better.\n{STRICT}", f"# Better.\n{STRICT}")):
        (tmp_path / "policies.yaml").write_text(text)
        await publish_folder(sqlite_database, REVIEW, tmp_path)
        assert await live(sqlite_database) == is_live


async def test_a_worker_takes_up_what_is_live_while_it_runs(sqlite_database: Database) -> None:
    loaded: Live[tuple[Policy, ...]] = Live(load_policies(Path("policies.yaml"), LAX))
    following = Following(sqlite_database, loaded, load_library(RETAIL))
    await following.look()
    assert loaded.now == load_policies(Path("policies.yaml"), LAX)
    async with sqlite_database.transaction() as session:
        await publish_policies(session, STRICT, GUS)
    await following.look()
    assert loaded.now == load_policies(Path("policies.yaml"), STRICT)


async def test_policies_that_cannot_be_read_leave_those_that_hold(sqlite_database: Database) -> None:
    """As after a release in which one has another name."""
    loaded: Live[tuple[Policy, ...]] = Live(load_policies(Path("policies.yaml"), STRICT))
    async with sqlite_database.transaction() as session:
        await publish_policies(session, "discount_roof: {}\n", GUS)
    with pytest.raises(FileProblems, match="unknown policy"):
        await Following(sqlite_database, loaded, load_library(RETAIL)).look()
    assert loaded.now == load_policies(Path("policies.yaml"), STRICT)
