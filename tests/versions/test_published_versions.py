"""Published versions never change, and one of each journey is live."""

from dataclasses import replace
from datetime import UTC, datetime

from content.library import load_library
from journeys.model import Journey
from starter.changes.policies import publish_policies
from starter.contents.assembling import surface_context
from starter.runs.publishing import published, take_up_live
from store.database import Database
from store.versions import find_version, list_versions, live_versions, publish
from tests import seeding
from tests.conftest import RETAIL
from tests.seeding import JOURNEY
from tests.versions.conftest import journey

FIRST, SECOND = journey("[{wait: 1d}]"), journey("[{wait: 2d}]")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


async def _publish(database: Database, *versions: Journey) -> None:
    for version in versions:
        async with database.transaction() as session:
            await publish(session, version, "maria", NOW)


async def test_the_last_one_published_is_live_and_the_others_are_kept(database: Database) -> None:
    await _publish(database, FIRST, SECOND)
    async with database.reading() as session:
        assert await live_versions(session) == {"welcome": SECOND.version}
        assert {row.version for row in await list_versions(session)} == {FIRST.version, SECOND.version}


async def test_what_comes_out_is_what_went_in(database: Database) -> None:
    await _publish(database, FIRST)
    async with database.reading() as session:
        found = await find_version(session, "welcome", FIRST.version)
    assert found == FIRST
    assert found is not None
    assert found.version == FIRST.version


async def test_an_earlier_version_is_live_again_without_a_second_row(database: Database) -> None:
    await _publish(database, FIRST, SECOND, FIRST)
    async with database.reading() as session:
        assert await live_versions(session) == {"welcome": FIRST.version}
        assert len(await list_versions(session)) == 2


async def test_a_running_process_takes_up_what_is_published(sqlite_database: Database) -> None:
    services = await seeding.services(sqlite_database)
    in_files = services.journeys[JOURNEY]
    newer = in_files.model_copy(update={"description": "another text"})
    await _publish(sqlite_database, in_files, newer)
    await take_up_live(services)
    assert services.journeys[JOURNEY].version == newer.version


async def test_slots_are_judged_by_the_policies_that_are_live(sqlite_database: Database) -> None:
    library = load_library(RETAIL)
    services = replace(await seeding.services(sqlite_database), library=library)
    everyone = surface_context(services.project, None, "en", NOW)

    def shown() -> set[str]:
        return {part.pick.content for part in library.assemble("homepage", everyone).parts}

    assert "home-tent-sale" in shown()
    async with sqlite_database.transaction() as session:
        await publish_policies(session, "discount_cap: {most: 8}\n", "gus")
    await take_up_live(services)
    assert "home-tent-sale" not in shown()


async def test_a_version_that_was_replaced_stays_replaced_after_a_restart(sqlite_database: Database) -> None:
    services = await seeding.services(sqlite_database)
    in_files = services.journeys[JOURNEY]
    newer = in_files.model_copy(update={"description": "another text"})
    await _publish(sqlite_database, in_files, newer)
    async with published(services):
        assert services.journeys[JOURNEY].version == newer.version
    async with sqlite_database.reading() as session:
        assert (await live_versions(session))[JOURNEY] == newer.version
