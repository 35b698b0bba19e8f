"""Each thing that is decided, approved, changed or erased is told in the audit log, by the part that does it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from activities.delivering.verdicts import Judged, keep_verdict
from activities.notes import tell_stopped
from deciding.log import tell
from policies.model import Allow, Deny, Hold, NeedsApproval, Ruling, Verdict
from starter.identity.tokens import make_token
from store.approvals import mark_decided, put_to, tell_approval, withdraw_other_approvals
from store.audit import list_entries
from store.autonomy import loosen, tighten
from store.changes import keep_change, roll_back, settle_change
from store.database import Database
from store.erasing import begin_erasure, finish_erasure
from store.experiments import keep_plan, start, stop
from store.files import publish_files, withdraw_files
from store.grants import give_grant, revoke_grant, tell_expired, use_grant
from store.guardrails import rearm
from store.labels import Asking, Label, keep_edit
from store.suppressions import release, suppress
from store.tables import Approval, Experiment, Guardrail
from store.tokens import keep_token, revoke_token
from store.versions import publish
from tests import seeding
from tests.audit.test_kinds import CHOSEN
from tests.changes.test_change_rows import NEW, OLD, change
from tests.experiments.conftest import running
from tests.policies.conftest import facts
from tests.seeding import ADA

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
MAIL = "lena.koch@example.com"

Act = Callable[[AsyncSession], Awaitable[object]]
Told = list[tuple[str, str, str, str]]
"""Of each entry, the first first: its kind, what it is about, what happened, and who did it."""


async def _question(session: AsyncSession) -> Approval:
    """Lena, and an open question about a message to her."""
    session.add(seeding.customer())
    await session.flush()
    asked = seeding.approval()
    session.add(asked)
    await session.flush()
    return asked


def _settled(state: Any, by: str = "") -> Act:
    async def act(session: AsyncSession) -> None:
        await _question(session)
        await mark_decided(session, "a_1", state=state, by=by, reason="so", at=NOW)

    return act


def _put(group: str, agreed: list[str], by: str) -> Act:
    async def act(session: AsyncSession) -> None:
        await _question(session)
        for _ in range(2):
            await put_to(session, "a_1", group=group, assignee="", agreed=agreed, by=by, at=NOW)
            await session.flush()

    return act


async def _asked(session: AsyncSession) -> None:
    tell_approval(session, await _question(session), "asked", "sojourn", NOW, None)


async def _edited(session: AsyncSession) -> None:
    label = Label(content="offer", content_version="v", language="en", by=ADA.email, at=NOW)
    await keep_edit(session, await _question(session), label, Asking({}, "another hash", {"parameters.0": "It"}))


async def _asked_anew(session: AsyncSession) -> None:
    asked = await _question(session)
    await withdraw_other_approvals(session, asked.delivery_id, but="a_2", at=NOW)


async def _granted(session: AsyncSession) -> None:
    await _question(session)
    await give_grant(session, seeding.grant(given_at=NOW, ends_at=LATER))
    await session.flush()
    for _ in range(2):
        await use_grant(session, "g_1", "d_1", NOW, customer_id="c_lena")
        await session.flush()
    for _ in range(2):
        await revoke_grant(session, "g_1", by=ADA.email, at=NOW)


async def _used_up(session: AsyncSession) -> None:
    await _question(session)
    await give_grant(session, seeding.grant(given_at=NOW, ends_at=LATER, most=2))
    await session.flush()
    for number in range(3):
        await use_grant(session, "g_1", f"d_{number}", NOW, customer_id="c_lena")
        await session.flush()
    await tell_expired(session, LATER)


async def _lapsed(session: AsyncSession) -> None:
    await _question(session)
    await give_grant(session, seeding.grant(given_at=NOW, ends_at=LATER))
    await session.flush()
    for now in (NOW, LATER, LATER):
        await tell_expired(session, now)


async def _cancelled(session: AsyncSession) -> None:
    await _question(session)
    for _ in range(2):
        await tell_stopped(session, seeding.run_ref(), "cancelled by an operator", NOW)
        await session.flush()


async def _taken_back(session: AsyncSession) -> None:
    await publish(session, OLD, "maria", NOW)
    await keep_change(session, change())
    await settle_change(session, "ch_1", "approved", [ADA.email], "", NOW)
    await roll_back(session, "ch_1", ADA.email, NOW)


def _reviewed(state: Any, by: list[str]) -> Act:
    async def act(session: AsyncSession) -> None:
        await keep_change(session, change())
        await settle_change(session, "ch_1", state, by, "no", NOW)

    return act


async def _content(session: AsyncSession) -> None:
    await publish_files(session, "content", "offer", "v1", {"offer.md": "It is less."}, ADA.email, NOW)
    await withdraw_files(session, "content", "offer", ADA.email, NOW)


async def _policies(session: AsyncSession) -> None:
    await publish_files(session, "policies", "policies.yaml", "v1", {"policies.yaml": "{}"}, ADA.email, NOW)


async def _tier(session: AsyncSession) -> None:
    for _ in range(2):
        await tighten(session, "winback", "human", group="ops", reason="storm", by="guardrail:bounces", at=NOW)
        await session.flush()
    for _ in range(2):
        await loosen(session, "winback", by=ADA.email, at=NOW)
        await session.flush()


async def _tried(session: AsyncSession) -> None:
    plan = running(NOW).model_dump() | {"state": "planned", "started_at": None, "started_by": ""}
    row = await keep_plan(session, Experiment.model_validate(plan))
    start(session, row, ADA.email, NOW)
    stop(session, row, ADA.email, "it is clear", {}, NOW)


async def _rearmed(session: AsyncSession) -> None:
    row = {"journey": "winback", "channel": "email", "name": "bounces", "state": "tripped", "told": "tripped"}
    row |= {"value": 0.2, "limit": 0.1, "why": "a storm", "score": 0.0, "since": NOW, "looked_at": NOW}
    session.add(Guardrail.model_validate(row))
    await session.flush()
    await rearm(session, "winback", reason="mended", by=ADA.email, at=LATER)


async def _token(session: AsyncSession) -> None:
    _, row = make_token("checkout", ["events:write"], ADA.email, timedelta(days=1))
    row.id = "t_1"
    await keep_token(session, row)
    for _ in range(2):
        await revoke_token(session, "t_1", ADA.email, NOW)
        await session.flush()


async def _suppressed(session: AsyncSession) -> None:
    await suppress(session, "email", MAIL, "hard_bounce", "smtp.550", NOW)
    await suppress(session, "email", MAIL, "hard_bounce", "smtp.550", NOW)
    await suppress(session, "email", MAIL, "complaint", "postmark", NOW)
    await release(session, "email", MAIL, by=ADA.email, at=NOW)


async def _erased(session: AsyncSession) -> None:
    await _question(session)
    for _ in range(2):
        await begin_erasure(session, "c_lena", by=ADA.email, suppress_addresses=False, at=NOW)
    for _ in range(2):
        await finish_erasure(session, "c_lena", NOW)


async def _chosen(session: AsyncSession) -> None:
    tell(session, CHOSEN)


TOLD: dict[str, tuple[Act, Told]] = {
    "a planner's decision": (_chosen, [("decision", "decision:p_1", "", "planner:thompson")]),
    "asked": (_asked, [("approval", "approval:a_1", "asked", "sojourn")]),
    "approved": (_settled("approved", ADA.email), [("approval", "approval:a_1", "approved", ADA.email)]),
    "rejected": (_settled("rejected", ADA.email), [("approval", "approval:a_1", "rejected", ADA.email)]),
    "expired": (_settled("expired"), [("approval", "approval:a_1", "expired", "sojourn")]),
    "withdrawn": (_settled("withdrawn"), [("approval", "approval:a_1", "withdrawn", "sojourn")]),
    "asked anew": (_asked_anew, [("approval", "approval:a_1", "withdrawn", "sojourn")]),
    "edited": (_edited, [("approval", "approval:a_1", "edited", ADA.email)]),
    "one of two agreed": (
        _put("marketing", [ADA.email], ADA.email),
        [("approval", "approval:a_1", "agreed", ADA.email)],
    ),
    "handed": (_put("support", [], ADA.email), [("approval", "approval:a_1", "handed", ADA.email)]),
    "escalated": (_put("support", [], ""), [("approval", "approval:a_1", "escalated", "sojourn")]),
    "a standing grant": (
        _granted,
        [
            ("approval", "grant:g_1", "given", ADA.email),
            ("approval", "grant:g_1", "used", "sojourn"),
            ("approval", "grant:g_1", "revoked", ADA.email),
        ],
    ),
    "a standing grant that is used up": (
        _used_up,
        [
            ("approval", "grant:g_1", "given", ADA.email),
            ("approval", "grant:g_1", "used", "sojourn"),
            ("approval", "grant:g_1", "used up", "sojourn"),
        ],
    ),
    "a standing grant whose time is over": (
        _lapsed,
        [("approval", "grant:g_1", "given", ADA.email), ("approval", "grant:g_1", "expired", "sojourn")],
    ),
    "a run that was cancelled in Temporal": (
        _cancelled,
        [("change", f"run:{seeding.run_ref().workflow_id}", "stopped", "someone in Temporal")],
    ),
    "a journey, reviewed and taken back": (
        _taken_back,
        [
            ("change", f"journey:{OLD.journey}", "published", "maria"),
            ("change", f"journey:{OLD.journey}", "proposed", "someone@northwind.example"),
            ("change", f"journey:{OLD.journey}", "approved", ADA.email),
            ("change", f"journey:{OLD.journey}", "published", ADA.email),
            ("change", f"journey:{OLD.journey}", "published", ADA.email),
            ("change", f"journey:{OLD.journey}", "rolled_back", ADA.email),
        ],
    ),
    "a change that is refused": (
        _reviewed("rejected", [ADA.email]),
        [
            ("change", f"journey:{NEW.journey}", "proposed", "someone@northwind.example"),
            ("change", f"journey:{NEW.journey}", "rejected", ADA.email),
        ],
    ),
    "a change that nobody answers": (
        _reviewed("expired", []),
        [
            ("change", f"journey:{NEW.journey}", "proposed", "someone@northwind.example"),
            ("change", f"journey:{NEW.journey}", "expired", "Sojourn"),
        ],
    ),
    "content": (
        _content,
        [("change", "content:offer", "published", ADA.email), ("change", "content:offer", "withdrawn", ADA.email)],
    ),
    "policies": (_policies, [("change", "policies:policies.yaml", "published", ADA.email)]),
    "a tier": (
        _tier,
        [
            ("change", "autonomy:winback", "tightened", "guardrail:bounces"),
            ("change", "autonomy:winback", "loosened", ADA.email),
        ],
    ),
    "an experiment": (
        _tried,
        [("change", "experiment:subject-line", what, by) for what, by in (
            ("planned", "stella@northwind.example"), ("started", ADA.email), ("stopped", ADA.email)
        )],
    ),
    "a guardrail": (_rearmed, [("change", "guardrail:winback:bounces:email", "re-armed", ADA.email)]),
    "a service's token": (
        _token,
        [("change", "token:t_1", "", ADA.email), ("change", "token:t_1", "", ADA.email)],
    ),
    "an erasure": (
        _erased,
        [
            ("approval", "approval:a_1", "withdrawn", "sojourn"),
            ("erasure", "customer:c_lena", "begun", ADA.email),
            ("erasure", "customer:c_lena", "done", ADA.email),
        ],
    ),
}  # fmt: skip


async def told_by(database: Database, act: Act) -> Told:
    async with database.transaction() as session:
        await act(session)
    async with database.reading() as session:
        rows = (await list_entries(session)).rows
    return [(row.kind, row.subject, row.facts.get("what", ""), row.by) for row in reversed(rows)]


@pytest.mark.parametrize(("act", "told"), TOLD.values(), ids=TOLD)
async def test_it_is_told_once(sqlite_database: Database, act: Act, told: Told) -> None:
    assert await told_by(sqlite_database, act) == told


async def test_an_address_is_told_by_its_digest_alone(sqlite_database: Database) -> None:
    told = await told_by(sqlite_database, _suppressed)
    assert [(what, by) for _, _, what, by in told] == [
        ("suppressed", "smtp.550"),
        ("suppressed", "postmark"),
        ("released", ADA.email),
    ]
    assert len({subject for _, subject, _, _ in told}) == 1
    assert "lena" not in str(told)


@pytest.mark.parametrize(
    "verdict",
    [
        Allow(),
        Hold(until=LATER, reason="at night"),
        Deny(reason="no consent"),
        NeedsApproval(group="marketing", reason="10 %", tier="human"),
    ],
    ids=lambda verdict: verdict.verdict,
)
async def test_every_verdict_is_told(sqlite_database: Database, verdict: Verdict) -> None:
    async with sqlite_database.transaction() as session:
        judged = Judged((), 0, facts("email"), Ruling(verdict=verdict, findings=()))
        keep_verdict(session, "d_1", seeding.run_ref(), judged)
    async with sqlite_database.reading() as session:
        [entry] = (await list_entries(session)).rows
    assert (entry.kind, entry.by, entry.facts["verdict"]) == ("verdict", "policies", verdict.verdict)
