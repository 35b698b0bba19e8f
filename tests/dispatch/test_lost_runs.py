"""A run that Temporal ended without a word of its own is noticed, though no event ever comes for it again."""

from datetime import UTC, datetime

from starter.app import create_app
from starter.runs.lost import settle_ended
from starter.services import Services
from store.tables import Approval, AuditEntry, Notice, Run
from tests import seeding
from tests.dispatch.conftest import Shopper, dispatch, rows
from tests.waiting import eventually


async def asks(shop: Services, run: Run) -> None:
    """The run has asked marketing, who were told of it."""
    now = datetime.now(UTC)
    ids = {"workflow_id": run.workflow_id, "first_run_id": run.first_run_id, "customer_id": run.customer_id}
    told = Notice(approval_id="a_1", audience="marketing", kind="asked", at=now, taken_until=now, told_at=now)
    await seeding.put(shop.database, seeding.approval("a_1", **ids), told)


async def terminated(shop: Services, run: Run) -> None:
    """Somebody terminates the run in Temporal, whose lists show it."""
    await shop.temporal.get_workflow_handle(run.workflow_id).terminate(reason="Lena wrote to us")
    query = f"WorkflowId = '{run.workflow_id}' AND ExecutionStatus = 'Terminated'"

    async def shows() -> bool:
        return (await shop.temporal.count_workflows(query)).count == 1

    await eventually(shows)


async def test_a_run_that_is_terminated_in_temporal_is_closed_and_its_question_withdrawn(
    shop: Services, lena: Shopper
) -> None:
    await lena.views("fjell-3")
    await lena.views("lumen-2")
    await dispatch(shop)
    goes_on, run = sorted(await rows(shop, Run), key=lambda run: run.workflow_id)
    await asks(shop, run)
    await terminated(shop, run)

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
    [told] = [entry for entry in await rows(shop, AuditEntry) if entry.subject == f"run:{run.workflow_id}"]
    assert (told.kind, told.by, told.evidence["reason"]) == ("change", "someone in Temporal", "Lena wrote to us")
    assert told.facts == {"what": "ended", "how": "terminated", "identity": shop.temporal.identity}
