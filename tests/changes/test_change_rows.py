"""Changes in the store: what a review put live, and what is taken back."""

from datetime import UTC, datetime
from typing import Any

import pytest

from journeys.loader import load_journeys
from journeys.model import Journey
from store.audit import list_entries
from store.changes import CannotRollBack, find_change, find_open, keep_change, roll_back, settle_change
from store.database import Database
from store.tables import Change
from store.versions import live_versions, publish
from tests.conftest import RETAIL

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
OLD = load_journeys(RETAIL / "journeys")["browse-abandonment"]
NEW = OLD.model_copy(update={"description": "With a better offer."})


def change(journey: Journey = NEW, **more: Any) -> Change:
    given: dict[str, Any] = {
        "id": "ch_1",
        "kind": "journey",
        "subject": journey.journey,
        "version": journey.version,
        "was": OLD.version,
        "definition": journey.model_dump(mode="json", by_alias=True),
        "diff": "",
        "areas": {"price": "marketing"},
        "owner": journey.owner,
        "author": "someone@northwind.example",
        "state": "open",
        "proposed_at": NOW,
        "deadline": NOW,
    }
    return Change.model_validate(given | more)


@pytest.fixture
async def proposed(database: Database) -> Database:
    """A store in which OLD is live and NEW is proposed."""
    async with database.transaction() as session:
        await publish(session, OLD, "the project's files", NOW)
        await keep_change(session, change())
    return database


async def settled(database: Database, state: Any, by: str = "ada@northwind.example") -> None:
    async with database.transaction() as session:
        await settle_change(session, "ch_1", state, [by], "", NOW)


async def live(database: Database) -> str:
    async with database.reading() as session:
        return (await live_versions(session))[OLD.journey]


async def test_a_proposal_is_not_live(proposed: Database) -> None:
    assert await live(proposed) == OLD.version
    async with proposed.reading() as session:
        assert await find_open(session, "journey", NEW.journey, NEW.version) is not None
        assert await find_open(session, "journey", OLD.journey, OLD.version) is None


async def test_what_is_approved_is_live(proposed: Database) -> None:
    await settled(proposed, "approved")
    assert await live(proposed) == NEW.version


@pytest.mark.parametrize("state", ["rejected", "expired", "lost"])
async def test_nothing_else_goes_live(proposed: Database, state: str) -> None:
    await settled(proposed, state)
    assert await live(proposed) == OLD.version


async def test_a_settled_change_stays_as_it_is(proposed: Database) -> None:
    await settled(proposed, "rejected")
    await settled(proposed, "approved")
    assert await live(proposed) == OLD.version


async def test_rolling_back_makes_live_what_was(proposed: Database) -> None:
    await settled(proposed, "approved")
    async with proposed.transaction() as session:
        await roll_back(session, "ch_1", "omar@northwind.example", NOW)
    assert await live(proposed) == OLD.version
    async with proposed.reading() as session:
        row = await find_change(session, "ch_1")
        told = [entry.facts["what"] for entry in (await list_entries(session, kind="change")).rows]
    assert row is not None
    assert (row.state, row.settled_by) == ("rolled_back", ["omar@northwind.example"])
    assert told == ["rolled_back", "published", "published", "approved", "proposed", "published"]


@pytest.mark.parametrize("state", ["open", "rejected", "expired"])
async def test_only_what_was_approved_is_taken_back(proposed: Database, state: str) -> None:
    await settled(proposed, state)
    with pytest.raises(CannotRollBack, match="approved"):
        async with proposed.transaction() as session:
            await roll_back(session, "ch_1", "omar@northwind.example", NOW)


async def test_what_a_later_version_replaced_is_not_taken_back(proposed: Database) -> None:
    await settled(proposed, "approved")
    async with proposed.transaction() as session:
        await publish(session, OLD.model_copy(update={"description": "Later."}), "someone", NOW)
    with pytest.raises(CannotRollBack, match="no longer live"):
        async with proposed.transaction() as session:
            await roll_back(session, "ch_1", "omar@northwind.example", NOW)


async def test_a_new_journey_has_nothing_to_go_back_to(sqlite_database: Database) -> None:
    async with sqlite_database.transaction() as session:
        await keep_change(session, change(was=""))
    await settled(sqlite_database, "approved")
    with pytest.raises(CannotRollBack, match="no version before"):
        async with sqlite_database.transaction() as session:
            await roll_back(session, "ch_1", "omar@northwind.example", NOW)
