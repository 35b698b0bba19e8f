"""The refund tool against a payment service: what is done, what may be tried again, what is not known."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest

from activities.channels.model import OutcomeUnknown, Refused, RetryLater
from activities.tools.refund import Refund
from sandbox.payments import Fault, Payments
from tests.tools.payments import TOKEN, open_payments

NOW = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
HALF = {"order_id": "o_1", "amount": 40.0, "currency": "EUR"}


@pytest.fixture
async def payments() -> AsyncGenerator[Payments]:
    async with open_payments(o_1=80.0) as service:
        yield service


def tool(payments: Payments) -> Refund:
    return Refund(url=payments.url, token=TOKEN)


async def test_a_refund_is_made_for_the_order_and_the_customer(payments: Payments):
    assert await tool(payments).do(HALF, "c_1", "d_1", NOW) == {"refund_id": "re_d_1", "amount": 40.0}
    assert payments.refunds == {"d_1": HALF | {"customer_id": "c_1"}}


async def test_the_same_action_twice_refunds_once(payments: Payments):
    first = await tool(payments).do(HALF, "c_1", "d_1", NOW)
    assert await tool(payments).do(HALF, "c_1", "d_1", NOW) == first
    assert len(payments.refunds) == 1


async def test_more_than_was_paid_is_refused_for_good(payments: Payments):
    with pytest.raises(Refused) as refused:
        await tool(payments).do(HALF | {"amount": 81.0}, "c_1", "d_1", NOW)
    assert refused.value.code == "refund.422"
    assert "more than was paid" in refused.value.reason


async def test_a_wrong_token_is_refused(payments: Payments):
    with pytest.raises(Refused, match=r"refund\.401"):
        await Refund(url=payments.url, token="wrong").do(HALF, "c_1", "d_1", NOW)


@pytest.mark.parametrize(("fault", "after"), [("busy", None), ("limited", timedelta(seconds=7))])
async def test_what_was_surely_not_done_may_be_tried_later(
    payments: Payments, fault: Fault, after: timedelta | None
):
    payments.faults = [fault]
    with pytest.raises(RetryLater) as later:
        await tool(payments).do(HALF, "c_1", "d_1", NOW)
    assert later.value.after == after
    assert payments.refunds == {}


async def test_a_service_that_is_not_there_surely_did_nothing():
    with pytest.raises(RetryLater, match="unreachable"):
        await Refund(url="http://127.0.0.1:1/refunds", token=TOKEN).do(HALF, "c_1", "d_1", NOW)


@pytest.mark.parametrize(("fault", "done"), [("cut before", 0), ("cut after", 1), ("fails", 1), ("no id", 1)])
async def test_an_answer_that_was_lost_says_nothing(payments: Payments, fault: Fault, done: int):
    payments.faults = [fault]
    with pytest.raises(OutcomeUnknown):
        await tool(payments).do(HALF, "c_1", "d_1", NOW)
    assert len(payments.refunds) == done
