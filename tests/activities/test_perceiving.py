"""What runs see of their customer, and what they leave with them."""

from datetime import timedelta

import pytest

from activities.perceiving import Perceiving
from journeys.events import ATTRIBUTES_SET
from learning.features.document import fold_all
from learning.features.observed import Observed
from store.database import Database
from store.tables import Customer, CustomerFeatures, EventRecord, OutboxEntry
from tests.activities.conftest import NOON, RUN, attempt, rows
from workflows.ports import CustomerView, PerceiveRequest, SetRequest


@pytest.fixture
def perceiving(database: Database, customer: Customer) -> Perceiving:
    return Perceiving(database)


async def test_a_run_sees_the_traits_and_the_clock_of_its_customer(perceiving: Perceiving):
    view = await attempt(perceiving.perceive, PerceiveRequest(customer_id="c_1", now=NOON))
    expected = {"plan": "pro", "id": "c_1", "time_zone": "Europe/Berlin", "locale": "de"}
    assert {key: view.attributes[key] for key in expected} == expected
    assert view.time_zone == "Europe/Berlin"


async def test_a_run_sees_of_its_customer_what_it_asks_for_and_nothing_else(
    perceiving: Perceiving, database: Database
):
    features = fold_all({}, [Observed("Order Completed", int(NOON.timestamp()), {"total": 40})])
    async with database.transaction() as session:
        session.add(CustomerFeatures(customer_id="c_1", document=features, changed_at=NOON))
    asked = {"plan": (), "orders": ("value",), "events": ("Order Completed",)}
    later = NOON + timedelta(days=8)
    view = await attempt(perceiving.perceive, PerceiveRequest(customer_id="c_1", now=later, asked=asked))
    assert view.attributes.keys() == {"plan", "orders", "events"}
    assert view.attributes["orders"]["value"] == 40
    counts = view.attributes["events"]["Order Completed"]
    assert (counts["last_7d"], counts["last_30d"], counts["days_since"]) == (0, 1, 8)


async def test_a_customer_who_is_gone_has_no_attributes(perceiving: Perceiving):
    view = await attempt(perceiving.perceive, PerceiveRequest(customer_id="c_gone", now=NOON))
    assert view == CustomerView(attributes={}, time_zone=None)


async def test_attributes_that_are_set_stay_beside_the_others(perceiving: Perceiving, database: Database):
    request = SetRequest(run=RUN, step_id="set_1", pass_=0, now=NOON, attributes={"winback": True, "plan": "free"})
    for number in (1, 2):
        await attempt(perceiving.set_attributes, request, number)
    [customer] = await rows(database, Customer)
    assert customer.traits == {"plan": "free", "winback": True}


async def test_setting_attributes_is_an_event_that_is_accepted_once(perceiving: Perceiving, database: Database):
    request = SetRequest(run=RUN, step_id="set_1", pass_=0, now=NOON, attributes={"winback": True})
    for number in (1, 2):
        await attempt(perceiving.set_attributes, request, number)
    await attempt(perceiving.set_attributes, request.model_copy(update={"pass_": 1}))
    events = await rows(database, EventRecord)
    assert [(e.customer_id, e.name, e.properties) for e in events] == [
        ("c_1", ATTRIBUTES_SET, {"winback": True})
    ] * 2
    assert [entry.seq for entry in await rows(database, OutboxEntry)] == [event.seq for event in events]


async def test_attributes_of_a_customer_who_is_gone_are_no_event(perceiving: Perceiving, database: Database):
    gone = RUN.model_copy(update={"customer_id": "c_gone"})
    request = SetRequest(run=gone, step_id="set_1", pass_=0, now=NOON, attributes={"winback": True})
    await attempt(perceiving.set_attributes, request)
    assert await rows(database, EventRecord) == []
