"""A person agrees once to all that is like it: so often, until then, up to what they saw, and never twice over."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from policies.autonomy import AutonomyPolicy
from policies.rules import RulesPolicy
from store.grants import give_grant, list_grants, revoke_grant
from store.tables import Approval, GrantUse, StandingGrant
from tests.activities.conftest import HALF, NOON, UNASKED, Desk, refund, rows
from workflows.ports import Asked, Denied, Done


def policies(tier: str = "supervised", people: int = 1) -> Any:
    rule = {"tier": tier, "tool": "refund", "people": people}
    return (AutonomyPolicy.model_validate({"group": "support", "tiers": [rule]}),)


@pytest.fixture
def careful(desk: Desk) -> Desk:
    """A desk at which a person looks at every refund."""
    return replace(desk, policies=policies())


def refund_of(amount: float, pass_: int = 1, **changes: Any) -> Any:
    return refund(given=HALF | {"amount": amount}, approval=UNASKED, pass_=pass_, **changes)


async def granted(desk: Desk, most: int = 1, **changes: Any) -> str:
    """The id of a grant that a person gave with their approval of a refund of 20."""
    asked = await desk.act(refund_of(20.0, pass_=0))
    async with desk.database.transaction() as session:
        approval = await session.get_one(Approval, asked.approval_id)
        given: dict[str, Any] = {
            "id": "g_1",
            "journey": approval.journey,
            "similar": approval.similar,
            "approval_id": approval.id,
            "group": approval.group,
            "amount": approval.amount,
            "most": most,
            "given_by": "ada",
            "given_at": NOON,
            "ends_at": NOON + timedelta(days=7),
        }
        await give_grant(session, StandingGrant.model_validate(given | changes))
    return "g_1"


async def test_what_is_like_it_needs_no_person_and_uses_the_grant_up(careful: Desk):
    await granted(careful, most=1)
    assert isinstance(await careful.act(refund_of(15.0)), Done)
    assert isinstance(await careful.act(refund_of(15.0, pass_=2)), Asked)
    [grant] = await rows(careful.database, StandingGrant)
    assert grant.used == 1


async def test_a_further_try_of_the_same_action_uses_it_no_further(careful: Desk):
    await granted(careful, most=2)
    careful.payments.faults = ["busy"]
    with pytest.raises(Exception, match="cannot do it now"):
        await careful.act(refund_of(15.0))
    assert isinstance(await careful.act(refund_of(15.0), 2), Done)
    [grant] = await rows(careful.database, StandingGrant)
    assert (grant.used, len(await rows(careful.database, GrantUse))) == (1, 1)


async def test_of_many_at_once_no_more_leave_than_it_allows(careful: Desk):
    await granted(careful, most=2)
    results = await asyncio.gather(*(careful.act(refund_of(1.0, pass_=n)) for n in range(1, 6)))
    assert sum(isinstance(result, Done) for result in results) == 2
    assert sum(isinstance(result, Asked) for result in results) == 3


@pytest.mark.parametrize(
    "grant",
    [
        {"ends_at": NOON - timedelta(seconds=1)},
        {"used": 1},
        {"revoked_at": NOON},
        {"group": "marketing"},
        {"similar": "something else"},
        {"amount": 14.99},
    ],
    ids=["ended", "used up", "revoked", "of another group", "about something else", "up to less"],
)
async def test_a_grant_that_does_not_cover_it_counts_for_nothing(careful: Desk, grant: dict[str, Any]):
    await granted(careful, **grant)
    assert isinstance(await careful.act(refund_of(15.0)), Asked)
    assert careful.payments.requests == 0


async def test_an_amount_in_another_currency_is_another(careful: Desk):
    await granted(careful)
    in_dinars = refund(given=HALF | {"amount": 15.0, "currency": "KWD"}, approval=UNASKED, pass_=1)
    assert isinstance(await careful.act(in_dinars), Asked)


async def test_a_grant_is_nobodys_leave_to_do_what_is_to_wait_and_is_not_used_up_by_it(careful: Desk):
    await granted(careful)
    later = {"when": "true", "verdict": "hold", "message": "the books are being closed"}
    closing = replace(careful, policies=(*careful.policies, RulesPolicy.model_validate({"closing": later})))
    assert await closing.act(refund_of(15.0)) == Denied(reason="the books are being closed")
    assert (careful.payments.requests, [row.used for row in await rows(careful.database, StandingGrant)]) == (
        0,
        [0],
    )


@pytest.mark.parametrize("stricter", [{"tier": "human"}, {"people": 2}])
async def test_what_a_person_must_decide_each_time_no_grant_covers(careful: Desk, stricter: dict[str, Any]):
    await granted(careful)
    strict = replace(careful, policies=policies(**stricter))
    asked = await strict.act(refund_of(15.0))
    assert isinstance(asked, Asked)
    [approval] = [row for row in await rows(careful.database, Approval) if row.id == asked.approval_id]
    assert approval.similar == "", "nobody is offered to approve others like it"


async def test_a_grant_is_listed_while_it_lasts_and_revoked_once(careful: Desk):
    await granted(careful)
    async with careful.database.transaction() as session:
        assert [row.id for row in (await list_grants(session, NOON)).rows] == ["g_1"]
        assert await revoke_grant(session, "g_1", by="omar", at=NOON)
        assert not await revoke_grant(session, "g_1", by="omar", at=NOON)
        assert (await list_grants(session, NOON)).rows == []
        assert [row.revoked_by for row in (await list_grants(session, NOON, over=True)).rows] == ["omar"]
