"""Accepting an event: once, whole, for one customer, and never when it cannot be kept."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx
import pytest
from sqlmodel import update

from starter.app import create_app
from starter.ingestion.acceptance import Ingestion
from starter.ingestion.incoming import Incoming, Who
from starter.ingestion.pressure import Backlogged, Limits
from starter.services import Services
from store.customers import scope_of
from store.database import Database
from store.tables import Address, ConsentRecord, Customer, Delivery, EventRecord, Identity, OutboxEntry
from tests import seeding
from tests.ingestion.conftest import Kept

MONTHS_AGO = datetime(2026, 6, 15, 12, tzinfo=UTC)


async def send(sender: httpx.AsyncClient, *items: dict[str, Any]) -> None:
    answer = await sender.post("/v1/batch", json={"batch": list(items)})
    assert answer.status_code == 200


def track(event: str = "Product Viewed", **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": event, **more}


def identify(**more: Any) -> dict[str, Any]:
    return {"type": "identify", **more}


async def test_a_batch_sent_again_changes_nothing(sender: httpx.AsyncClient, kept: Kept) -> None:
    batch = [identify(userId="lena", messageId="m1", traits={"visits": 1}), track(userId="lena", messageId="m2")]
    await send(sender, *batch)
    await send(sender, identify(userId="lena", messageId="m3", traits={"visits": 2}))
    await send(sender, *batch)
    assert [event.id for event in await kept.all(EventRecord)] == ["m1", "m2", "m3"]
    assert (await kept.one(Customer)).traits == {"visits": 2}


async def test_the_same_event_twice_in_a_batch_is_one(sender: httpx.AsyncClient, kept: Kept) -> None:
    await send(sender, track(userId="lena", messageId="m1"), track(userId="lena", messageId="m1"))
    assert len(await kept.all(EventRecord)) == 1


async def test_senders_in_parallel_do_not_make_two_customers_or_two_events(
    sender: httpx.AsyncClient, kept: Kept
) -> None:
    batch = [track(userId="lena", anonymousId="a1", messageId=f"m{n}") for n in range(5)]
    await asyncio.gather(*(send(sender, *batch) for _ in range(8)))
    assert len(await kept.all(Customer)) == 1
    assert len(await kept.all(EventRecord)) == len(await kept.all(OutboxEntry)) == 5


async def test_crossed_batches_in_parallel_are_all_accepted(sender: httpx.AsyncClient, kept: Kept) -> None:
    people = [f"user{n}" for n in range(6)]
    await send(sender, *(track(userId=person) for person in people))
    await asyncio.gather(
        *(send(sender, *(track(userId=p) for p in people[n:] + people[:n])) for n in range(len(people)))
    )
    assert len(await kept.all(EventRecord)) == 6 + 36


async def test_new_customers_who_come_over_many_connections_at_once_are_all_accepted(
    sender: httpx.AsyncClient, kept: Kept
) -> None:
    """Batches make the same customers at the same time: all but one must find that another has."""
    chance = Random(1)

    async def connection() -> None:
        for _ in range(5):
            await send(sender, *(track(userId=f"user{n}") for n in chance.sample(range(1000), 60)))

    await asyncio.gather(*(connection() for _ in range(8)))
    assert len(await kept.all(EventRecord)) == 8 * 5 * 60


async def test_a_visitor_who_signs_up_stays_the_same_customer(sender: httpx.AsyncClient, kept: Kept) -> None:
    await send(sender, track(anonymousId="a1"), identify(anonymousId="a1", userId="lena"), track(userId="lena"))
    assert len(await kept.all(Customer)) == 1
    assert {(i.kind, i.value) for i in await kept.all(Identity)} == {("anonymous", "a1"), ("user", "lena")}


async def test_two_users_of_one_device_stay_two(sender: httpx.AsyncClient, kept: Kept) -> None:
    await send(sender, identify(anonymousId="a1", userId="lena"))
    await send(sender, identify(anonymousId="a1", userId="omar"), track(userId="omar", messageId="his"))
    owners = {i.value: i.customer_id for i in await kept.all(Identity)}
    assert owners["a1"] == owners["omar"] != owners["lena"]
    his = next(event for event in await kept.all(EventRecord) if event.id == "his")
    assert his.customer_id == owners["omar"]


async def test_a_customers_id_tells_nothing_about_them(sender: httpx.AsyncClient, kept: Kept) -> None:
    await send(sender, identify(userId="lena@example.com", traits={"email": "lena@example.com"}))
    customer = await kept.one(Customer)
    assert customer.id.startswith("c_")
    assert "lena" not in customer.id


async def test_traits_are_merged_and_null_forgets_one(sender: httpx.AsyncClient, kept: Kept) -> None:
    await send(sender, identify(userId="lena", traits={"plan": "free", "city": "Hamburg"}))
    await send(sender, identify(userId="lena", traits={"plan": "pro", "city": None}))
    assert (await kept.one(Customer)).traits == {"plan": "pro"}


async def test_time_zone_and_locale_are_taken_when_they_exist(sender: httpx.AsyncClient, kept: Kept) -> None:
    await send(sender, track(userId="lena", context={"timezone": "Europe/Lisbon", "locale": "pt-PT"}))
    await send(sender, track(userId="lena", context={"timezone": "Mars/Olympus", "locale": 7}))
    customer = await kept.one(Customer)
    assert (customer.time_zone, customer.locale) == ("Europe/Lisbon", "pt-PT")
    assert scope_of(customer)["time_zone"] == "Europe/Lisbon"


async def live_addresses(kept: Kept) -> dict[str, str]:
    return {a.value: a.customer_id for a in await kept.all(Address) if a.active}


async def test_a_changed_email_replaces_the_old_one_and_may_come_back(
    sender: httpx.AsyncClient, kept: Kept
) -> None:
    await send(sender, identify(userId="lena", traits={"email": "old@example.com"}))
    await send(sender, identify(userId="lena", traits={"email": "new@example.com"}))
    assert (await live_addresses(kept)).keys() == {"new@example.com"}
    await send(sender, identify(userId="lena", traits={"email": "old@example.com"}))
    assert (await live_addresses(kept)).keys() == {"old@example.com"}


async def test_an_address_that_bounced_stays_dead(sender: httpx.AsyncClient, kept: Kept, shop: Services) -> None:
    await send(sender, identify(userId="lena", traits={"email": "lena@example.com"}))
    async with shop.database.transaction() as session:
        await session.exec(update(Address).values(active=False, why_inactive="smtp.550"))
    await send(sender, identify(userId="lena", traits={"email": "lena@example.com"}))
    assert await live_addresses(kept) == {}


async def test_a_push_token_belongs_to_who_used_the_device_last(sender: httpx.AsyncClient, kept: Kept) -> None:
    phone = {"device": {"token": "fcm-1"}}
    await send(sender, track(userId="lena", context=phone))
    await send(sender, track(userId="omar", context=phone))
    owners = {i.value: i.customer_id for i in await kept.all(Identity)}
    assert await live_addresses(kept) == {"fcm-1": owners["omar"]}


async def test_a_browsers_subscription_belongs_to_who_used_it_last(sender: httpx.AsyncClient, kept: Kept) -> None:
    subscription = {"endpoint": "https://push.example/1", "keys": {"p256dh": "B", "auth": "A"}}
    browser = {"device": {"web_push": subscription}}
    await send(sender, track(userId="lena", context=browser))
    await send(sender, track(userId="omar", context=browser))
    owners = {i.value: i.customer_id for i in await kept.all(Identity)}
    assert list((await live_addresses(kept)).values()) == [owners["omar"]]


async def test_several_devices_of_one_customer_stay_live(sender: httpx.AsyncClient, kept: Kept) -> None:
    for token in ("fcm-1", "fcm-2"):
        await send(sender, track(userId="lena", context={"device": {"token": token}}))
    assert (await live_addresses(kept)).keys() == {"fcm-1", "fcm-2"}


async def consents(kept: Kept) -> dict[str, bool]:
    return {c.channel: c.granted for c in await kept.all(ConsentRecord)}


async def test_consent_to_everything_names_every_channel_of_the_project(
    sender: httpx.AsyncClient, kept: Kept
) -> None:
    await send(sender, track("Subscribed", userId="lena"))
    assert await consents(kept) == {"email": True, "push": True, "whatsapp": True}
    await send(sender, track("Unsubscribed", userId="lena", properties={"channel": "email"}))
    assert await consents(kept) == {"email": False, "push": True, "whatsapp": True}


async def test_opting_out_of_everything_covers_channels_no_longer_configured(
    sender: httpx.AsyncClient, kept: Kept
) -> None:
    await send(sender, identify(userId="lena", traits={"consents": {"fax": True, "email": "yes"}}))
    assert await consents(kept) == {"fax": True}
    await send(sender, track("Unsubscribed", userId="lena"))
    assert set((await consents(kept)).values()) == {False}
    assert "consents" not in (await kept.one(Customer)).traits


async def test_a_late_grant_does_not_undo_a_withdrawal(sender: httpx.AsyncClient, kept: Kept) -> None:
    now = datetime.now(UTC)
    await send(sender, track("Unsubscribed", userId="lena", timestamp=(now - timedelta(hours=1)).isoformat()))
    await send(sender, track("Subscribed", userId="lena", timestamp=(now - timedelta(hours=2)).isoformat()))
    assert not any((await consents(kept)).values())


async def test_a_grant_from_the_future_does_not_outlast_a_withdrawal(
    sender: httpx.AsyncClient, kept: Kept
) -> None:
    await send(sender, track("Subscribed", userId="lena", timestamp="2150-01-01T00:00:00Z"))
    await send(sender, track("Unsubscribed", userId="lena"))
    assert not any((await consents(kept)).values())


def delivery(customer_id: str, state: str) -> Delivery:
    sent = seeding.delivery("d_1", "reminder", "browse-reminder", "email", state, timedelta(hours=1))
    sent.customer_id = customer_id
    return sent


@pytest.mark.parametrize(
    ("before", "arriving", "after"),
    [
        ("sent", ["Email Delivered", "Email Opened", "Email Link Clicked"], "clicked"),
        ("sent", ["Email Link Clicked", "Email Opened", "Email Delivered"], "clicked"),
        ("reserved", ["Email Delivered"], "delivered"),
        ("unknown", ["Email Bounced"], "bounced"),
        ("sent", ["Email Bounced", "Email Delivered"], "bounced"),
        ("sent", ["Email Marked as Spam", "Email Opened"], "complained"),
    ],
)
async def test_outcomes_move_a_delivery_up_in_whatever_order_they_come(
    before: str, arriving: list[str], after: str, sender: httpx.AsyncClient, kept: Kept, shop: Services
) -> None:
    await send(sender, identify(userId="lena"))
    lena = (await kept.one(Customer)).id
    await seeding.put(shop.database, delivery(lena, before))
    for name in arriving:
        await send(sender, track(name, userId="lena", properties={"delivery_id": "d_1"}))
    assert (await kept.one(Delivery)).state == after


async def test_nobody_tells_the_outcome_of_someone_elses_message(
    sender: httpx.AsyncClient, kept: Kept, shop: Services
) -> None:
    await seeding.put(shop.database, seeding.customer("c_lena"), delivery("c_lena", "sent"))
    await send(sender, track("Email Opened", userId="omar", properties={"delivery_id": "d_1"}))
    assert (await kept.one(Delivery)).state == "sent"


async def test_a_trace_goes_on_from_the_sender(sender: httpx.AsyncClient, kept: Kept) -> None:
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await sender.post("/v1/track", json=track(userId="lena"), headers={"traceparent": parent})
    assert (await kept.one(EventRecord)).traceparent == parent


async def test_senders_are_asked_to_slow_down_when_too_much_waits(database: Database) -> None:
    ingestion = Ingestion(database, [], lambda: None, Limits(waiting=2))
    events = [Incoming(id=f"m{n}", name="Viewed", who=Who("lena"), at=datetime.now(UTC)) for n in range(3)]
    assert await ingestion.accept(events) == 3
    again = Ingestion(database, [], lambda: None, Limits(waiting=2))
    with pytest.raises(Backlogged):
        await again.accept(events)


async def test_a_full_outbox_answers_429_and_a_time_to_come_back(
    sender: httpx.AsyncClient, shop: Services, kept: Kept
) -> None:
    app: Any = sender._transport.app  # pyright: ignore
    app.state.ingestion = Ingestion(shop.database, [], lambda: None, Limits(waiting=0))
    answer = await sender.post("/v1/track", json=track(userId="lena"))
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == answer.headers["X-RateLimit-Reset"] == "10"
    assert await kept.all(EventRecord) == []


async def test_senders_are_asked_to_slow_down_when_events_have_waited_too_long(database: Database) -> None:
    event = Incoming(id="m1", name="Viewed", who=Who("lena"), at=datetime.now(UTC))
    assert await Ingestion(database, [], lambda: None).accept([event]) == 1
    behind = Ingestion(database, [], lambda: None, Limits(behind=timedelta(0)))
    with pytest.raises(Backlogged, match="events have waited since"):
        await behind.accept([event])


async def test_how_long_events_have_waited_is_by_the_clock_they_were_received_by(
    sqlite_database: Database,
) -> None:
    event = Incoming(id="m1", name="Viewed", who=Who("lena"), at=MONTHS_AGO)
    assert await Ingestion(sqlite_database, [], lambda: None).accept([event], now=MONTHS_AGO) == 1
    same = Ingestion(sqlite_database, [], lambda: None)
    assert await same.accept([replace(event, id="m2")], now=MONTHS_AGO + timedelta(hours=23)) == 1
    later = Ingestion(sqlite_database, [], lambda: None)
    with pytest.raises(Backlogged, match="events have waited since"):
        await later.accept([event], now=MONTHS_AGO + timedelta(hours=25))


async def test_more_requests_than_may_be_under_way_are_asked_to_come_back(
    sender: httpx.AsyncClient, shop: Services, kept: Kept
) -> None:
    app: Any = sender._transport.app  # pyright: ignore
    app.state.ingestion = Ingestion(shop.database, [], lambda: None, Limits(at_once=1))
    with app.state.ingestion.pressure.one_more():
        answer = await sender.post("/v1/track", json=track(userId="lena"))
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert await kept.all(EventRecord) == []
    assert (await sender.post("/v1/track", json=track(userId="lena"))).status_code == 200


async def test_without_a_database_nothing_is_accepted(shop: Services) -> None:
    gone = Database("postgresql://nobody@127.0.0.1:1/none")
    app = create_app(await seeding.services(gone), dispatch=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
        answer = await client.post("/v1/track", json=track(userId="lena", writeKey="key"))
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert answer.json()["code"] == "unavailable"
        assert (await client.get("/readyz")).json() == {"database": False, "temporal": False}
        assert (await client.get("/healthz")).status_code == 200


async def test_numbers_of_events_are_never_given_twice(
    sender: httpx.AsyncClient, shop: Services, kept: Kept
) -> None:
    await send(sender, track(userId="lena"))
    last = (await kept.one(EventRecord)).seq
    async with shop.database.transaction() as session:
        for table in (OutboxEntry, EventRecord):
            for row in await kept.all(table):
                await session.delete(await session.get(table, row.seq))
            await session.flush()
    await send(sender, track(userId="lena"))
    assert (await kept.one(EventRecord)).seq > last
