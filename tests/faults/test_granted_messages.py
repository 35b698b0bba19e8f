"""A message that is like one a person agreed to leaves without a person: as often, and as long, as they said."""

from datetime import timedelta
from typing import Any

import pytest

from activities.delivering.standing import Foretold
from journeys.loader import load_journeys
from journeys.parts import ApprovalRule
from journeys.steps import Send, walk
from starter.approvals.grants import Similar, grant_of
from store.grants import give_grant
from store.tables import StandingGrant
from tests.faults.sending import NOON, PUSH, Sending
from tests.seeding import ADA
from worker import make_foretelling
from workflows.ports import ApprovalTerms, Asked, Sent

ASKING: dict[str, Any] = PUSH | {
    "approval": ApprovalTerms(
        group="marketing", author="maria@northwind.example", within=timedelta(hours=24), otherwise="skip"
    )
}


async def granted_beforehand(sending: Sending, customer_id: str) -> str | None:
    """The grant that `sojourn policy explain` would tell of."""
    journey = load_journeys(sending.folder / "journeys")["browse-abandonment"]
    [step] = [step for step in walk(journey.steps) if isinstance(step, Send) and step.id == "second_look"]
    asking = step.model_copy(update={"approval": ApprovalRule(group="marketing")})
    foretelling = make_foretelling(sending.settings, sending.database, sending.parts[-1])
    told = await foretelling.foretell(customer_id, journey, asking, "push", NOON)
    assert isinstance(told, Foretold)
    return told.standing.grant.id if told.standing else None


@pytest.mark.parametrize(
    ("most", "lasts", "leave"),
    [(1, timedelta(days=7), [Sent, Asked]), (9, timedelta(seconds=-1), [Asked, Asked])],
    ids=["once", "until before"],
)
async def test_others_like_it_leave_unasked_as_often_and_as_long_as_was_said(
    sending: Sending, most: int, lasts: timedelta, leave: list[type]
) -> None:
    asked = await sending.deliver(sending.request(await sending.shopper("lena"), **ASKING))
    approval = await sending.approval(asked)
    async with sending.database.transaction() as session:
        await give_grant(session, grant_of(approval, ADA, Similar(most, lasts), NOON))

    others = [await sending.shopper(name) for name in ("jonas", "mia")]
    foretold, results = list[str | None](), list[Any]()
    for other in others:
        foretold.append(await granted_beforehand(sending, other.id))
        results.append(await sending.deliver(sending.request(other, **ASKING)))

    assert [type(result) for result in results] == leave
    assert foretold == [f"g_{approval.id}" if kind is Sent else None for kind in leave]
    assert [m.recipient for m in sending.sandbox.mailbox.messages] == [others[0].push_token][: leave.count(Sent)]
    async with sending.database.reading() as session:
        assert (await session.get_one(StandingGrant, f"g_{approval.id}")).used == leave.count(Sent)
