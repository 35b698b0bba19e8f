"""The channels of a message in the order that is best for its customer, with the reasons in the trace."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from activities.channels.fcm import Fcm
from activities.channels.smtp import Smtp
from activities.channels.twilio_sms import TwilioSms
from activities.delivering.attempt import Attempt
from activities.delivering.ordering import Ordering
from journeys.events import Event
from journeys.interrupts import InterruptRules
from journeys.steps import Send
from learning.features.document import fold_all
from learning.features.observed import Observed
from store.database import Database
from store.tables import Address, CustomerFeatures, Delivery, Span
from tests import seeding
from tests.activities.conftest import NOON, RUN, TERMS, attempt, rows
from workflows.ports import DeliverRequest, Grant

PROVIDERS = {
    "email": Smtp.model_construct(),
    "push": Fcm.model_construct(),
    "sms": TwilioSms.model_construct(),
}


def request(**changes: Any) -> DeliverRequest:
    asked = DeliverRequest(
        run=RUN,
        step_id="note",
        pass_=0,
        now=NOON,
        channels=("sms", "push", "email"),
        order="best first",
        content="note",
        purpose="marketing",
        approval=TERMS,
        start=Event(id="start", name="Cart Left", at=NOON, seq=1),
        interrupts=InterruptRules(),
        facts={},
    )
    return asked.model_copy(update=changes)


def sent(number: int, channel: str) -> Delivery:
    return Delivery(
        id=f"d_{channel}_{number}",
        workflow_id="hello:c_1:-",
        first_run_id="first",
        journey="hello",
        step_id="note",
        pass_=number,
        customer_id="c_1",
        channel=channel,
        provider="vendor",
        purpose="marketing",
        content="note",
        state="sent",
        findings=[],
        reserved_at=NOON - timedelta(days=number + 1),
        sent_at=NOON - timedelta(days=number + 1),
    )


async def ordered(database: Database, **changes: Any) -> tuple[str, ...]:
    ordering = Ordering(database, PROVIDERS)

    async def order(asked: DeliverRequest) -> tuple[str, ...]:
        return await ordering.channels(Attempt.begin(asked), asked)

    return await attempt(order, request(**changes))


@pytest.fixture
async def store(database: Database) -> Database:
    """A customer with a mail address and a device, who opens mails and no notifications, and shows no number."""
    opened = [Observed("Email Opened", int((NOON - timedelta(days=day)).timestamp()), {}) for day in range(1, 5)]
    await seeding.put(
        database,
        seeding.customer("c_1"),
        Address(customer_id="c_1", kind="email", value="ada@shoppers.example", updated_at=NOON),
        Address(customer_id="c_1", kind="push_token", value="ada0" * 16, updated_at=NOON),
        CustomerFeatures(customer_id="c_1", document=fold_all({}, opened), changed_at=NOON),
        *(sent(number, channel) for channel in ("email", "push") for number in range(5)),
    )
    return database


async def test_what_they_answer_goes_first_and_the_trace_says_why(store: Database) -> None:
    assert await ordered(store) == ("email", "push", "sms")

    [span] = await rows(store, Span)
    assert (span.name, span.outcome) == ("order channels", "email")
    assert span.detail == (
        "email: 4 of 5 answered in 30 days; push: 0 of 5 answered in 30 days; sms: no live address"
    )


async def test_unless_it_is_asked_for_the_order_is_as_written(store: Database) -> None:
    assert await ordered(store, order="as written") == ("sms", "push", "email")
    assert await rows(store, Span) == []


async def test_what_was_approved_goes_over_its_own_channel(store: Database) -> None:
    await seeding.put(store, seeding.approval("a_1", customer_id="c_1", channel="push"))
    grant = Grant(approval_id="a_1", content_hash="h", asked_at=NOON, by="ada", reason="", at=NOON)

    assert await ordered(store, grant=grant) == ("push", "sms", "email")


def test_an_order_of_one_channel_is_a_mistake() -> None:
    with pytest.raises(ValidationError, match="there is one channel, and nothing to order"):
        Send.model_validate({"send": "email", "order": "best first", "content": "note"})
