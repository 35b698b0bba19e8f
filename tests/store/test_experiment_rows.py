"""The arms of an experiment that runs do not change silently: neither by a new version nor by a review."""

from datetime import UTC, datetime

import pytest

from store.changes import keep_change, settle_change
from store.database import Database
from store.experiments import ChangesExperiment, find_experiment, keep_plan, start
from store.tables import Change, Experiment
from store.versions import publish
from tests.experiments.conftest import winback

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
OTHER = winback(bold=3)


@pytest.fixture
async def running(database: Database) -> Database:
    """A store in which an experiment runs over the split of a journey."""
    async with database.transaction() as session:
        await publish(session, winback(), "maria", NOON)
        plan = Experiment(
            name="subject-line", journey="winback", split="subject", event="Order Completed", window_days=14,
            arms=[{"arm": "plain", "weight": 1.0}, {"arm": "bold", "weight": 1.0}], rate=0.1, lift=0.1, power=0.8,
            daily=100, customers=1000, days=28, state="planned", planned_at=NOON, planned_by="stella",
            conclusion={},
        )  # fmt: skip
        start(session, await keep_plan(session, plan), "stella", NOON)
    return database


async def test_a_version_with_other_arms_is_not_published_while_it_runs(running: Database):
    with pytest.raises(ChangesExperiment, match="changes the arms of 'subject-line', which runs"):
        async with running.transaction() as session:
            await publish(session, OTHER, "maria", NOON)


async def test_a_version_with_the_same_arms_is_published(running: Database):
    async with running.transaction() as session:
        assert await publish(session, winback().model_copy(update={"description": "Better."}), "maria", NOON)


async def test_a_version_that_people_agreed_to_stops_it_and_says_so(running: Database):
    change = Change(
        id="ch_1", kind="journey", subject="winback", version=OTHER.version, was=winback().version,
        diff="", areas={}, definition=OTHER.model_dump(mode="json", by_alias=True),
        owner="maria", author="maria", state="open", proposed_at=NOON, deadline=NOON,
    )  # fmt: skip
    async with running.transaction() as session:
        await keep_change(session, change)
        await settle_change(session, "ch_1", "approved", ["ada"], "", NOON)
    async with running.reading() as session:
        row = await find_experiment(session, "subject-line")
    assert row is not None
    assert (row.state, row.stopped_by) == ("stopped", "ada")
    assert row.reason == f"its arms were changed by winback@{OTHER.version}"
