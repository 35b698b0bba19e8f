"""When a run is overtaken, what it left for its customer to find is taken back."""

from datetime import timedelta

import pytest
from sqlmodel import select
from temporalio.testing import ActivityEnvironment

from activities.notes import Bookkeeping
from store.database import Database
from store.tables import SurfaceMessage
from tests import seeding
from tests.surfaces.conftest import NOW, delivery, waiting
from workflows.ports import CloseRequest, RunRef

RUN = RunRef(
    workflow_id="onboarding:c_lena:1",
    first_run_id="first",
    journey="onboarding",
    version="1",
    customer_id="c_lena",
)


async def shown_after(database: Database, outcome: str) -> set[str]:
    request = CloseRequest(
        run=RUN, started_at=NOW - timedelta(hours=1), ended_at=NOW, outcome=outcome, reason="so it ended"
    )
    await ActivityEnvironment().run(Bookkeeping(database).close_run, request)
    async with database.reading() as session:
        messages = (await session.exec(select(SurfaceMessage))).all()
    return {message.id for message in messages if message.withdrawn_at is None}


@pytest.mark.parametrize("outcome", ["goal", "stop", "opt_out", "operator"])
async def test_what_the_run_placed_is_taken_back(outcome: str, database: Database) -> None:
    await seeding.put(
        database, seeding.customer(), delivery("d_1", "banner"), waiting("d_1", "banner"), waiting("d_other_run")
    )

    assert await shown_after(database, outcome) == {"d_other_run"}


async def test_a_run_that_did_all_its_steps_leaves_its_messages(database: Database) -> None:
    await seeding.put(database, seeding.customer(), delivery("d_1"), waiting("d_1"))

    assert await shown_after(database, "completed") == {"d_1"}


async def test_what_was_read_in_the_inbox_stays_and_a_banner_goes(database: Database) -> None:
    await seeding.put(
        database,
        seeding.customer(),
        delivery("d_inbox"),
        waiting("d_inbox", seen_at=NOW),
        delivery("d_banner", "banner"),
        waiting("d_banner", "banner", seen_at=NOW),
    )

    assert await shown_after(database, "stop") == {"d_inbox"}
