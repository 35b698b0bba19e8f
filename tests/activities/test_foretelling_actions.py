"""What is foretold of a business action is what its activity then says: the same facts, policies and verdicts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from activities.asking.foretelling_actions import ForetellingActions, Misgiven
from activities.delivering.foretelling import NobodyThere
from journeys.model import Journey
from journeys.steps import Act
from policies.model import Allow
from policies.registry import load_policies
from starter.approvals.grants import Similar, grant_of
from store.autonomy import tighten
from store.grants import give_grant
from store.tables import Action, Approval, AuditEntry, EventRecord, StandingGrant
from tests.activities.conftest import NOON, RUN, Desk, refund, rows
from tests.seeding import ADA
from workflows.conduct import terms_of
from workflows.ports import Asked, Denied, Done

POLICIES = """
budget: {money: 100 EUR}
rules:
  none_to_free_plans: {when: customer.plan == "free", message: free plans are not refunded}
autonomy:
  group: support
  tiers:
    - {tier: full, tool: refund, amount_up_to: 30 EUR}
    - {tier: supervised, tool: refund, amount_above: 30 EUR, amount_up_to: 50 EUR}
    - {tier: human, tool: refund, amount_above: 50 EUR, people: 2}
    - {tier: supervised, confidence_below: 0.6, group: brand}
"""
SAID = {"order_id": "o_1", "currency": "EUR"}


def journey(**changes: Any) -> Journey:
    steps = [{"id": "refund", "act": "refund", "with": {"amount": "start.amount", "order_id": "start.order_id"}}]
    head = {"journey": "winback", "owner": "maria", "start": {"event": "Order Returned"}, "steps": steps}
    return Journey.model_validate(head | changes)


@pytest.fixture
def shop(desk: Desk, tmp_path: Any) -> Desk:
    return replace(desk, policies=load_policies(tmp_path / "policies.yaml", POLICIES))


def foretelling(desk: Desk) -> ForetellingActions:
    return ForetellingActions(desk.database, {"refund": desk.refund}, desk.permission)


def refund_step(of: Journey) -> Act:
    [step] = of.steps
    assert isinstance(step, Act)
    return step


async def told(desk: Desk) -> list[tuple[str, dict[str, Any]]]:
    """What every policy said of the one action that was judged, as the audit log has it."""
    [entry] = [entry for entry in await rows(desk.database, AuditEntry) if entry.kind == "verdict"]
    return list(zip([one["policy"] for one in entry.facts["policies"]], entry.evidence["findings"], strict=True))


@pytest.mark.parametrize(
    ("amount", "confidence", "changes", "outcome"),
    [
        ("20", None, {}, Done),
        ("40", None, {}, Asked),
        ("60", None, {}, Asked),
        ("20", 0.4, {}, Asked),
        ("20", None, {"tier": "human", "approvers": "finance"}, Asked),
        ("20", None, {"budget": {"money": "10 EUR"}}, Denied),
        (
            "20",
            None,
            {"policies": {"rules": {"pros": {"when": "customer.plan == 'pro'", "message": "no"}}}},
            Denied,
        ),
    ],
)
async def test_what_is_foretold_is_what_the_activity_says(
    shop: Desk, amount: str, confidence: float | None, changes: dict[str, Any], outcome: type[Any]
):
    winback = journey(**changes)
    step = refund_step(winback)
    foretold, given = await foretelling(shop).foretell(
        "c_1", winback, step, SAID | {"amount": amount}, NOON, confidence
    )
    assert (await rows(shop.database, AuditEntry), await rows(shop.database, Action)) == ([], [])

    run = RUN.model_copy(update={"version": winback.version})
    request = {"given": given, "approval": terms_of(winback, step.approval), "policies": winback.own_policies()}
    done = await shop.act(refund(run=run, confidence=confidence, **request))

    assert isinstance(done, outcome)
    said = [(one.policy, one.verdict.model_dump(mode="json")) for one in foretold.judged.ruling.findings]
    assert said == await told(shop)
    if isinstance(done, Asked):
        asked = foretold.judged.ruling.verdict.model_dump()
        assert (asked["group"], asked["tier"], asked["people"]) == (done.group, done.tier, done.people)


async def test_a_grant_that_would_answer_is_foretold_and_not_used(shop: Desk):
    asking, winback = SAID | {"amount": "40"}, journey()
    _, given = await foretelling(shop).foretell("c_1", winback, refund_step(winback), asking, NOON)
    terms = terms_of(winback, None)
    asked = await shop.act(refund(given=given, approval=terms))
    async with shop.database.transaction() as session:
        approval = await session.get_one(Approval, asked.approval_id)
        await give_grant(session, grant_of(approval, ADA, Similar(3, timedelta(days=7)), NOON))

    foretold, _ = await foretelling(shop).foretell("c_1", winback, refund_step(winback), asking, NOON)
    assert foretold.standing is not None
    assert (foretold.standing.grant.id, foretold.standing.agreed.ruling.verdict) == (f"g_{approval.id}", Allow())
    more, _ = await foretelling(shop).foretell(
        "c_1", winback, refund_step(winback), asking | {"amount": "41"}, NOON
    )
    assert more.standing is None, "a person saw less"
    assert [row.used for row in await rows(shop.database, StandingGrant)] == [0]
    assert isinstance(await shop.act(refund(given=given, approval=terms, pass_=1)), Done)


async def test_a_tightening_is_foretold(shop: Desk):
    async with shop.database.transaction() as session:
        await tighten(session, "winback", "human", group="ops", reason="refunds doubled", by="guardrail", at=NOON)
    foretold, _ = await foretelling(shop).foretell(
        "c_1", journey(), refund_step(journey()), SAID | {"amount": "20"}, NOON
    )
    assert foretold.judged.ruling.verdict.model_dump(exclude={"reason"}) == {
        "verdict": "needs_approval", "group": "ops", "tier": "human", "people": 1,
    }  # fmt: skip


async def test_what_the_step_gives_is_worked_out_from_the_last_event_of_its_kind(shop: Desk):
    async with shop.database.transaction() as session:
        about: dict[str, Any] = {
            "customer_id": "c_1",
            "name": "Order Returned",
            "occurred_at": NOON,
            "received_at": NOON,
        }
        session.add(EventRecord(id="e_1", properties={"order_id": "o_1", "amount": 35.5}, **about))
    _, given = await foretelling(shop).foretell(
        "c_1", journey(), refund_step(journey()), {"currency": "EUR"}, NOON
    )
    assert given == {"order_id": "o_1", "amount": 35.5, "currency": "EUR"}


async def test_what_cannot_be_foretold_is_refused_with_the_reason(shop: Desk):
    with pytest.raises(
        Misgiven, match=r"refund cannot take what it was given: order_id: Field required; amount: "
    ):
        await foretelling(shop).foretell("c_1", journey(), refund_step(journey()), {"currency": "EUR"}, NOON)
    said = SAID | {"amount": "-3"}
    with pytest.raises(Misgiven, match="amount: Input should be greater than 0"):
        await foretelling(shop).foretell("c_1", journey(), refund_step(journey()), said, NOON)
    with pytest.raises(NobodyThere):
        await foretelling(shop).foretell("c_9", journey(), refund_step(journey()), SAID, NOON)
