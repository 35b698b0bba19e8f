"""A decision sent straight to a run, past every door, and refused, is told in the audit log, though never in the
words of a message."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from activities.refused_updates import RefusedUpdates
from store.audit import list_entries
from store.database import Database
from tests.workflows.conftest import Runs, decision, running
from tests.workflows.test_approval import asked, refusal
from workflows.journey import CustomerJourney

UNSIGNED = "the decision is not signed by the approvals service"


@pytest.fixture
def refused(sqlite_database: Database) -> RefusedUpdates:
    return RefusedUpdates(sqlite_database)


@pytest.fixture
async def heard(refused: RefusedUpdates) -> AsyncGenerator[Runs]:
    """Runs of a worker that is heard."""
    async with running(refused) as runs:
        yield runs


async def test_a_raw_update_that_is_refused_is_told_and_a_flood_counted(
    heard: Runs, refused: RefusedUpdates, sqlite_database: Database
) -> None:
    run: WorkflowHandle[Any, Any] = await asked(heard)
    self_made, shouts = decision(approver="maria"), decision(edits={"subject": "Hi!"})
    for token in ("forged", self_made, shouts, *["forged"] * 3):
        await refusal(run, token)
    await run.execute_update(CustomerJourney.decide_approval, decision())
    await _replayed(run, refused)
    await refused.tell()
    await refused.refusals.tell()
    async with sqlite_database.reading() as session:
        rows = (await list_entries(session)).rows
    assert [(row.facts["reason"], row.facts["decision_of"], row.facts["count"]) for row in reversed(rows)] == [
        (UNSIGNED, "", 1),
        ("nobody approves what they wrote", "maria", 1),
        ("an edit that does not count", "ada", 1),
        (UNSIGNED, "", 3),
    ]
    assert {(row.kind, row.subject, row.by, row.customer_id) for row in rows} == {
        ("refusal", f"run:{run.id}", "someone unknown", "c_1")
    }


async def _replayed(run: WorkflowHandle[Any, Any], refused: RefusedUpdates) -> None:
    """Another worker goes on with the run, and does again what its history says."""
    replayer = Replayer(
        workflows=[CustomerJourney],
        interceptors=[refused],
        data_converter=pydantic_data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    await replayer.replay_workflow(await run.fetch_history())
