"""Which business actions the agent does by itself, and which a person decides, by amount, on a real store."""

from dataclasses import replace
from typing import Any

import pytest

from policies.autonomy import AutonomyPolicy
from store.autonomy import loosen, tighten
from store.tables import Approval
from tests.activities.conftest import HALF, NOON, UNASKED, Desk, granted, refund, rows
from workflows.ports import Asked, Done

REFUNDS = AutonomyPolicy.model_validate(
    {
        "group": "support",
        "tiers": [
            {"tier": "full", "tool": "refund", "amount_up_to": "50 EUR"},
            {"tier": "human", "tool": "refund", "amount_above": "50 EUR"},
            {"tier": "supervised", "confidence_below": 0.6},
        ],
    }
)


@pytest.fixture
def tiered(desk: Desk) -> Desk:
    return replace(desk, policies=(REFUNDS,))


def refund_of(amount: float, **changes: Any) -> Any:
    return refund(given=HALF | {"amount": amount}, approval=UNASKED, **changes)


async def test_a_small_refund_is_done_at_once(tiered: Desk):
    assert isinstance(await tiered.act(refund_of(50.0)), Done)


async def test_a_large_refund_is_a_persons_and_done_when_they_agree(tiered: Desk):
    asked = await tiered.act(refund_of(60.0))
    assert isinstance(asked, Asked)
    assert (asked.group, asked.tier) == ("support", "human")
    [approval] = await rows(tiered.database, Approval)
    assert approval.findings[0]["policy"] == "autonomy"
    assert tiered.payments.requests == 0
    assert isinstance(await tiered.act(refund_of(60.0, grant=granted(asked))), Done)


async def test_a_planner_that_is_unsure_asks(tiered: Desk):
    asked = await tiered.act(refund_of(20.0, confidence=0.4))
    assert (asked.tier, asked.reason) == (
        "supervised",
        "chosen with a confidence below 0.6: a person must look at it first",
    )


async def test_the_journeys_own_tiers_come_on_top(tiered: Desk):
    own = {"autonomy": {"group": "brand", "tiers": [{"tier": "human", "tool": "refund"}]}}
    assert (await tiered.act(refund_of(20.0, policies=own))).group == "brand"


async def test_a_tightened_journey_asks_until_a_person_loosens_it(tiered: Desk):
    async with tiered.database.transaction() as session:
        await tighten(session, "winback", "human", group="ops", reason="refunds doubled", by="guardrail", at=NOON)
    asked = await tiered.act(refund_of(20.0))
    assert (asked.group, asked.tier, asked.reason) == (
        "ops",
        "human",
        "the journey was tightened: refunds doubled",
    )
    async with tiered.database.transaction() as session:
        await loosen(session, "winback", by="omar", at=NOON)
    assert isinstance(await tiered.act(refund_of(20.0)), Done)
