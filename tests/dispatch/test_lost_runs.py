"""What Temporal ended without a word of its own is noticed: a run, though no event ever comes for it again, and
the review of a change, though nobody decides about it."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from starter.app import create_app
from starter.changes.proposing import WORKFLOW as REVIEW
from starter.changes.proposing import workflow_of
from starter.changes.reviewing import Changes, ReviewGone
from starter.dispatch.launch import WORKFLOW as RUN
from starter.runs.lost import settle_ended, settle_lost_review
from starter.services import Services
from store.changes import find_change
from store.database import Database
from store.tables import Approval, AuditEntry, Change, Notice, Run
from tests import seeding
from tests.access.conftest import services_with
from tests.dispatch.conftest import Shopper, dispatch, rows
from tests.waiting import eventually


@workflow.defn(name=RUN)
class Broken:
    """A run that fails at once, as one of ours would by a mistake in its code."""

    @workflow.run
    async def run(self) -> None:
        raise ApplicationError("it cannot go on", non_retryable=True)


@pytest.fixture
async def quiet(sqlite_database: Database, temporal: Client) -> Services:
    """A shop on a task queue of its own, which no worker serves."""
    shop = await seeding.services(sqlite_database, temporal)
    queue = f"lost-{secrets.token_hex(4)}"
    return services_with(shop, settings=shop.settings.model_copy(update={"task_queue": queue}))


async def asks(shop: Services, run: Run) -> None:
    """The run has asked marketing, who were told of it."""
    now, asked = datetime.now(UTC), f"a_{run.start_seq}"
    ids = {"workflow_id": run.workflow_id, "first_run_id": run.first_run_id, "customer_id": run.customer_id}
    told = Notice(approval_id=asked, audience="marketing", kind="asked", at=now, taken_until=now, told_at=now)
    await seeding.put(shop.database, seeding.approval(asked, **ids), told)


async def begins(shop: Services, number: int, run_timeout: timedelta | None = None) -> Run:
    """A run of Lena begins, and asks; with a timeout Temporal soon says that its time is over."""
    ref = seeding.run_ref(secrets.token_hex(4))
    handle = await shop.temporal.start_workflow(
        RUN, id=ref.workflow_id, task_queue=shop.settings.task_queue, run_timeout=run_timeout
    )
    run = seeding.run(ref, first_run_id=handle.first_execution_run_id, start_seq=number)
    await seeding.put(shop.database, run)
    await asks(shop, run)
    return run


async def under_review(shop: Services) -> Change:
    """A change whose review nobody has decided."""
    change = seeding.change(f"ch_{secrets.token_hex(4)}")
    await seeding.put(shop.database, change)
    await shop.temporal.start_workflow(REVIEW, id=workflow_of(change.id), task_queue=shop.settings.task_queue)
    return change


async def terminated(shop: Services, workflow_id: str) -> None:
    """Somebody terminates it in Temporal, whose lists show it."""
    await shop.temporal.get_workflow_handle(workflow_id).terminate(reason="Lena wrote to us")
    await shows(shop, f"WorkflowId = '{workflow_id}' AND ExecutionStatus = 'Terminated'")


async def shows(shop: Services, query: str) -> None:
    """Temporal's lists show one like that."""

    async def is_there() -> bool:
        return (await shop.temporal.count_workflows(query)).count == 1

    await eventually(is_there)


async def told_of(shop: Services, subject: str) -> list[AuditEntry]:
    return [entry for entry in await rows(shop, AuditEntry) if entry.subject == subject]


async def test_a_run_that_is_terminated_in_temporal_is_closed_and_its_question_withdrawn(
    shop: Services, lena: Shopper
) -> None:
    await lena.views("fjell-3")
    await lena.views("lumen-2")
    await dispatch(shop)
    goes_on, run = sorted(await rows(shop, Run), key=lambda run: run.workflow_id)
    await asks(shop, run)
    await terminated(shop, run.workflow_id)

    async def is_closed() -> bool:
        return {each.state for each in await rows(shop, Run)} == {"open", "closed"}

    app = create_app(shop)
    async with app.router.lifespan_context(app):
        await eventually(is_closed)

    ends = {each.workflow_id: (each.outcome, each.reason) for each in await rows(shop, Run)}
    assert ends == {goes_on.workflow_id: ("", ""), run.workflow_id: ("lost", "terminated in Temporal")}
    [asked] = await rows(shop, Approval)
    assert (asked.state, asked.decision_reason) == ("withdrawn", "its run is over: terminated in Temporal")
    assert [notice.kind for notice in await rows(shop, Notice)] == ["asked", "withdrawn"]
    await settle_ended(shop, None)
    [told] = await told_of(shop, f"run:{run.workflow_id}")
    assert (told.kind, told.by, told.evidence["reason"]) == ("change", "someone in Temporal", "Lena wrote to us")
    assert told.facts == {"what": "ended", "how": "terminated", "identity": shop.temporal.identity}


async def test_runs_that_time_out_or_fail_are_closed_and_their_questions_withdrawn(quiet: Services) -> None:
    await seeding.put(quiet.database, seeding.customer())
    late = await begins(quiet, 1, run_timeout=timedelta(milliseconds=1))
    await shows(quiet, f"WorkflowId = '{late.workflow_id}' AND ExecutionStatus = 'TimedOut'")
    broken, queue = await begins(quiet, 2), quiet.settings.task_queue
    async with Worker(
        quiet.temporal, task_queue=queue, workflows=[Broken], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        await shows(quiet, f"WorkflowId = '{broken.workflow_id}' AND ExecutionStatus = 'Failed'")

    await settle_ended(quiet, None)

    ends = {run.workflow_id: (run.state, run.outcome, run.reason) for run in await rows(quiet, Run)}
    assert ends[late.workflow_id] == ("closed", "lost", "timed out in Temporal")
    assert ends[broken.workflow_id] == ("closed", "lost", "failed in Temporal")
    assert [asked.state for asked in await rows(quiet, Approval)] == ["withdrawn", "withdrawn"]
    for run, how in ((late, "timed out"), (broken, "failed")):
        [told] = await told_of(quiet, f"run:{run.workflow_id}")
        assert (told.by, told.facts["how"]) == ("Temporal", how)


async def test_a_review_that_is_terminated_in_temporal_is_closed_once_and_the_log_says_by_whom(
    quiet: Services,
) -> None:
    goes_on, change = await under_review(quiet), await under_review(quiet)
    await terminated(quiet, workflow_of(change.id))

    await settle_ended(quiet, None)
    await settle_lost_review(quiet, change)  # by another process, which noticed it at the same time

    states = {row.id: (row.state, row.reason) for row in await rows(quiet, Change)}
    assert states == {goes_on.id: ("open", ""), change.id: ("lost", "its review was terminated in Temporal")}
    settled, ended = await told_of(quiet, f"policies:{change.subject}")
    assert (settled.by, settled.facts["what"], settled.facts["change"]) == ("Sojourn", "lost", change.id)
    assert (ended.by, ended.facts["how"], ended.facts["change"]) == (
        "someone in Temporal",
        "terminated",
        change.id,
    )
    assert ended.evidence["reason"] == "Lena wrote to us"


async def test_whoever_decides_when_temporal_no_longer_has_the_review_is_told_to_propose_again(
    quiet: Services,
) -> None:
    await seeding.put(quiet.database, seeding.change())
    with pytest.raises(ReviewGone, match="its review was deleted in Temporal"):
        await Changes(quiet).decide("ch_1", seeding.ADA, approve=True)
    async with quiet.database.reading() as session:
        row = await find_change(session, "ch_1")
    assert row is not None
    assert row.state == "lost"
