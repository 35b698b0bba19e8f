"""Whatever must be told later stands in the audit log: an entry of each kind, written by the part that does it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from activities.delivering.verdicts import Judged, keep_verdict
from activities.notes import write_down
from deciding.log import tell
from policies.model import rule
from policies.registry import load_policies, with_always
from starter.customers.dossiers import Dossiers
from starter.identity.attempts import Attempts
from store.approvals import mark_decided
from store.audit import Kind, list_entries
from store.changes import keep_change
from store.database import Database
from store.erasing import begin_erasure
from store.tables import PlannerDecision
from tests import seeding
from tests.changes.test_change_rows import change
from tests.policies.conftest import facts
from workflows.ports import Notes, RefusedSignal

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADA = "ada@northwind.example"
CHOSEN = PlannerDecision(
    id="p_1", customer_id="c_lena", workflow_id="w", first_run_id="r", journey="winback", version="v",
    step_id="offer", turn=0, decision="offer", agent=False, planner="thompson", options=["mail", "push"],
    option="mail", probability=0.7, why="it was opened most", decided_at=NOW,
)  # fmt: skip
FORGED = RefusedSignal(reason="the decision is not signed by the approvals service", count=3, at=NOW)


async def test_every_kind_of_entry_is_written_by_what_it_tells_of(sqlite_database: Database) -> None:
    await seeding.put(sqlite_database, seeding.customer(), seeding.approval())
    attempts, run = Attempts(sqlite_database), seeding.run_ref()
    policies = with_always(load_policies(Path("policies.yaml"), "discount_cap: {most: 10}\n"))
    await attempts.signed_in(ADA, "token")
    await attempts.refused("customers:read", "a token that nobody has")
    await Dossiers(await seeding.services(sqlite_database)).export("c_lena", ADA)
    async with sqlite_database.transaction() as session:
        tell(session, CHOSEN)
        keep_verdict(session, "d_1", run, Judged(policies, 0, facts("email"), rule(policies, facts("email"))))
        await mark_decided(session, "a_1", state="approved", by=ADA, reason="fair", at=NOW)
        await keep_change(session, change())
        await write_down(session, run, Notes(refused=(FORGED,)))
        await begin_erasure(session, "c_lena", by=ADA, suppress_addresses=False, at=NOW)
    async with sqlite_database.reading() as session:
        rows = (await list_entries(session)).rows
    assert {row.kind for row in rows} == set(get_args(Kind))
    [signal] = [row for row in rows if row.subject == f"run:{run.workflow_id}"]
    assert (signal.kind, signal.facts["reason"], signal.facts["count"]) == ("refusal", FORGED.reason, 3)


async def test_a_refused_signal_is_told_once_though_its_activity_is_tried_again(sqlite_database: Database) -> None:
    for _ in range(2):
        async with sqlite_database.transaction() as session:
            await write_down(session, seeding.run_ref(), Notes(refused=(FORGED,)))
    async with sqlite_database.reading() as session:
        assert len((await list_entries(session, kind="refusal")).rows) == 1
