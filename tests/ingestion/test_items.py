"""What an item says: when it happened, and about whom."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from starter.ingestion.items import Envelope, happened_at, read_item, read_sent_at, read_traceparent
from starter.ingestion.profile import read_profile

SUBSCRIPTION: dict[str, Any] = {
    "endpoint": "https://push.example/ada",
    "expirationTime": None,
    "keys": {"p256dh": "BAQI", "auth": "AQID"},
}
SUBSCRIBED = '{"endpoint":"https://push.example/ada","keys":{"auth":"AQID","p256dh":"BAQI"}}'
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_a_wrong_clock_of_the_sender_does_no_harm() -> None:
    wrong = NOON - timedelta(days=400)
    envelope = Envelope(received_at=NOON, sent_at=wrong)
    assert happened_at(wrong - timedelta(seconds=90), envelope) == NOON - timedelta(seconds=90)


def test_without_the_senders_clock_the_stated_time_counts() -> None:
    assert happened_at(NOON - timedelta(days=3), Envelope(received_at=NOON)) == NOON - timedelta(days=3)


def test_without_a_time_an_event_happened_when_it_came() -> None:
    assert happened_at(None, Envelope(received_at=NOON, sent_at=NOON)) == NOON


def test_a_senders_clock_that_makes_no_sense_is_not_asked() -> None:
    assert read_sent_at("soon") is None


def test_the_context_of_a_batch_counts_for_its_items() -> None:
    envelope = Envelope(received_at=NOON, context={"timezone": "Europe/Berlin"})
    incoming = read_item({"type": "track", "event": "Viewed", "userId": 7}, envelope)
    assert (incoming.who.user_id, incoming.profile.time_zone) == ("7", "Europe/Berlin")


def test_rudderstack_puts_traits_into_the_context() -> None:
    item = {"type": "identify", "userId": "lena", "context": {"traits": {"email": "lena@example.com"}}}
    incoming = read_item(item, Envelope(received_at=NOON))
    assert incoming.profile.addresses == (("email", "lena@example.com"),)


def test_an_event_without_a_trace_gets_the_same_one_each_time() -> None:
    item = {"type": "track", "event": "Viewed", "userId": "lena", "messageId": "m1"}
    first, again = (read_item(item, Envelope(received_at=NOON)) for _ in range(2))
    assert first.traceparent == again.traceparent == read_traceparent(first.traceparent)


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", True),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", False),
        ("nonsense", False),
        (None, False),
    ],
)
def test_only_a_real_traceparent_is_taken_over(header: str | None, read: bool) -> None:
    assert bool(read_traceparent(header)) is read


@pytest.mark.parametrize(
    ("traits", "context", "addresses"),
    [
        ({"phone": "+49 (151) 123-4567"}, {}, (("phone", "+491511234567"),)),
        ({"phone": "0151 1234567"}, {}, ()),
        ({"email": " lena@example.com "}, {}, (("email", "lena@example.com"),)),
        ({"email": "lena"}, {}, ()),
        ({"email": ["lena@example.com"]}, {}, ()),
        ({}, {"device": {"token": "fcm-token"}}, (("push_token", "fcm-token"),)),
        ({}, {"device": {"web_push": SUBSCRIPTION}}, (("web_push", SUBSCRIBED),)),
        ({"web_push": SUBSCRIPTION}, {}, (("web_push", SUBSCRIBED),)),
        ({}, {"device": {"web_push": "https://push.example/ada"}}, ()),
        ({}, {"device": {"web_push": {"endpoint": "ftp://push.example/ada", "keys": SUBSCRIPTION["keys"]}}}, ()),
        ({}, {"device": {"web_push": {"endpoint": "https://push.example/ada", "keys": {"auth": "AQID"}}}}, ()),
        ({}, {"device": "fcm-token"}, ()),
    ],
)
def test_addresses_are_taken_only_when_they_are_some(
    traits: dict[str, object], context: dict[str, object], addresses: tuple[tuple[str, str], ...]
) -> None:
    assert read_profile("Customer Identified", {}, traits, context).addresses == addresses


@pytest.mark.parametrize(
    ("name", "properties", "consents"),
    [
        ("Subscribed", {}, [("", "marketing", True)]),
        ("Subscribed", {"channel": "Email"}, [("email", "marketing", True)]),
        ("Subscribed", {"channel": ["email"]}, []),
        ("Subscribed", {"purpose": "science"}, []),
        ("Unsubscribed", {"channel": "push", "purpose": "transactional"}, [("push", "transactional", False)]),
        ("Unsubscribed", {"channel": ["email"]}, [("", "marketing", False)]),
        ("Unsubscribed", {"purpose": "science"}, [("", "marketing", False)]),
        ("Product Viewed", {"channel": "email"}, []),
    ],
)
def test_unclear_consent_withdraws_more_and_gives_nothing(
    name: str, properties: dict[str, object], consents: list[tuple[str, str, bool]]
) -> None:
    read = read_profile(name, properties, {}, {}).consents
    assert [(c.channel, c.purpose, c.granted) for c in read] == consents


def test_a_browsers_subscription_is_an_address_and_no_trait() -> None:
    profile = read_profile("Customer Identified", {}, {"web_push": SUBSCRIPTION, "name": "Ada"}, {})
    assert profile.traits == {"name": "Ada"}
