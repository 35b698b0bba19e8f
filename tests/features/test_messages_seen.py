"""`customer.messages`: what was sent over each channel, from the ledger, and what came of it, from events."""

from datetime import timedelta
from typing import Any

import pytest

from journeys.conditions import holds
from journeys.features import asked_of
from learning.features.document import fold_all, merge_features
from learning.features.observed import Observed
from learning.features.sight import see
from store.database import Database
from store.features import features_of
from store.tables import CustomerFeatures
from tests import seeding
from tests.features.conftest import NOON, event


def sees(condition: str, *events: Observed, sent: dict[str, list[float]] = {}) -> bool:  # noqa: B006 it is only read
    """Whether a condition holds; `sent` has how many days ago messages were sent, by channel."""
    features: dict[str, Any] = fold_all({}, events)
    moments = {
        channel: [int((NOON - timedelta(days=ago)).timestamp()) for ago in days] for channel, days in sent.items()
    }
    features["messages"] = {**features.get("messages", {}), "sent": moments}
    return holds(condition, {"customer": see({}, features, NOON, asked_of([condition])), "now": NOON})


OPENED = event("Email Opened", 2)


@pytest.mark.parametrize(
    "condition",
    [
        "customer.messages.email.opened.count == 1 && customer.messages.email.clicked.count == 0",
        "customer.messages.email.opened.days_since == 2.0",
        "customer.messages.email.sent.count == 3 && customer.messages.email.sent.last_7d == 2",
        "customer.messages.whatsapp.delivered.last_30d == 1",
        "customer.messages.push.sent.count == 0",
    ],
)
def test_a_condition_sees_each_channel(condition: str) -> None:
    told = (OPENED, event("Message Delivered", 3, channel="whatsapp"))
    assert sees(condition, *told, sent={"email": [1, 2, 20]})


def test_a_machine_that_opens_proves_nothing_here() -> None:
    assert sees("customer.messages.email.opened.count == 0", event("Email Machine Opened", 1))


def test_the_messages_of_two_who_are_one_add_up() -> None:
    one, other = fold_all({}, [OPENED]), fold_all({}, [event("Email Opened", 5), event("Email Bounced", 1)])
    assert (
        merge_features(one, other)["messages"]
        == fold_all({}, [OPENED, event("Email Opened", 5), event("Email Bounced", 1)])["messages"]
    )


async def test_what_was_sent_is_read_from_the_ledger_where_it_is_asked_for(database: Database) -> None:
    row = seeding.delivery("d_1", "reminder", "c", "email", "opened", timedelta(hours=1))
    known = CustomerFeatures(customer_id="c_lena", document={}, changed_at=seeding.NOW)
    await seeding.put(database, seeding.customer(), row, known)
    async with database.reading() as session:
        asked = await features_of(session, "c_lena", ("messages",))
        unasked = await features_of(session, "c_lena", ("orders",))
    assert asked["messages"]["sent"] == {"email": [int((seeding.NOW - timedelta(hours=1)).timestamp())]}
    assert "messages" not in unasked
