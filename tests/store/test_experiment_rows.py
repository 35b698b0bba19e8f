"""The arms of an experiment that runs do not change silently: neither by a new version nor by a review."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from starter.runs.publishing import published
from store.changes import keep_change, settle_change
from store.database import Database
from store.experiments import ChangesExperiment, find_experiment
from store.tables import Change
from store.versions import publish
from tests import seeding
from tests.experiments.conftest import running, winback

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
OTHER = winback(bold=3)


@pytest.fixture
async def shop(database: Database) -> Database:
    """A store in which an experiment runs over the split of a journey."""
    async with database.transaction() as session:
        await publish(session, winback(), "maria", NOON)
        session.add(running(NOON))
    return database


async def test_a_version_with_other_arms_is_not_published_while_it_runs(shop: Database):
    with pytest.raises(ChangesExperiment, match="changes the arms of 'subject-line', which runs"):
        async with shop.transaction() as session:
            await publish(session, OTHER, "maria", NOON)


async def test_a_version_with_the_same_arms_is_published(shop: Database):
    async with shop.transaction() as session:
        assert await publish(session, winback().model_copy(update={"description": "Better."}), "maria", NOON)


async def test_a_version_that_people_agreed_to_stops_it_and_says_so(shop: Database):
    change = Change(
        id="ch_1", kind="journey", subject="winback", version=OTHER.version, was=winback().version,
        diff="", areas={}, definition=OTHER.model_dump(mode="json", by_alias=True),
        owner="maria", author="maria", state="open", proposed_at=NOON, deadline=NOON,
    )  # fmt: skip
    async with shop.transaction() as session:
        await keep_change(session, change)
        await settle_change(session, "ch_1", "approved", ["ada"], "", NOON)
    async with shop.reading() as session:
        row = await find_experiment(session, "subject-line")
    assert row is not None
    assert (row.state, row.stopped_by) == ("stopped", "ada")
    assert row.reason == f"its arms were changed by winback@{OTHER.version}"


async def test_a_folder_with_other_arms_is_not_live_while_it_runs(sqlite_database: Database):
    services = replace(await seeding.services(sqlite_database), journeys={"winback": OTHER})
    async with sqlite_database.transaction() as session:
        await publish(session, winback(), "maria", NOON)
        session.add(running(NOON))
    async with published(services):
        assert services.journeys["winback"].version == winback().version
