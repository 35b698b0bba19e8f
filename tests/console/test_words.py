"""How the console says times, durations, addresses and messages."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from starter.console.preview import Preview, preview_of
from starter.console.words import day_and_time, duration, field_name, masked, money, until
from tests.seeding import approval


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(0), "0ms"),
        (timedelta(milliseconds=84), "84ms"),
        (timedelta(seconds=1.25), "1.2s"),
        (timedelta(seconds=3), "3s"),
        (timedelta(minutes=30), "30m"),
        (timedelta(hours=17, minutes=22, seconds=9), "17h 22m"),
        (timedelta(days=1, minutes=30), "1d 30m"),
    ],
)
def test_durations_have_two_units_at_most(length: timedelta, said: str) -> None:
    assert duration(length) == said


def test_times_are_on_the_projects_clock() -> None:
    assert day_and_time(datetime(2026, 7, 1, 8, tzinfo=UTC), "Europe/Berlin") == "Wed 1 Jul, 10:00"


def test_a_deadline_is_told_by_how_long_it_is_until_then() -> None:
    now = datetime.now(UTC)
    assert until(now + timedelta(days=1, hours=4, minutes=1), now) == "in 1d 4h"
    assert until(now + timedelta(seconds=30), now) == "in less than a minute"
    assert until(now - timedelta(seconds=1), now) == "the time is over"


def test_a_deadline_of_a_run_whose_time_was_skipped_counts_from_when_it_was_set() -> None:
    asked = datetime.now(UTC) + timedelta(days=3)
    assert until(asked + timedelta(days=1), asked) == "in 1d"


def test_amounts_have_their_currency_and_fields_the_names_that_people_know() -> None:
    assert [money(1250, "EUR"), money(0.5, "")] == ["1,250.00 EUR", "0.50"]
    assert [field_name("parameters.0"), field_name("action_label")] == ["variable 1", "action label"]


@pytest.mark.parametrize(
    ("recipient", "said"),
    [
        ("lena.koch@example.com", "l•••@example.com"),
        ("+4915112345642", "+49 ••• 42"),
        ("fcm-token-of-some-length-4711", "•••h-4711"),
        ("short", "•••"),
    ],
)
def test_recipients_are_recognised_not_revealed(recipient: str, said: str) -> None:
    assert masked(recipient) == said


def test_each_channel_is_previewed_in_its_own_way() -> None:
    shown = {channel: preview_of(approval(channel=channel)) for channel in ("email", "push", "whatsapp")}
    assert shown["email"].title == "Still thinking about the Fjell tent?"
    assert shown["push"].text == "Three people, 2.4 kg. Have another look."
    assert shown["whatsapp"].slots == ("Fjell 3 tent", "10 %", "5 March, 10:00")


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"To": "+49", "Body": "Back in stock"}, Preview("chat", text="Back in stock")),
        ({"shown": {"title": "Cheaper", "body": "Lisbon for 90"}}, Preview("push", "Cheaper", "Lisbon for 90")),
        (
            {"content": {"title": "To do", "body": "Two things", "items": ["Invite", "Import"]}},
            Preview("push", "To do", "Two things\nInvite\nImport"),
        ),
    ],
)
def test_texts_and_cards_are_previewed_as_what_they_say(body: dict[str, Any], shown: Preview) -> None:
    assert preview_of(approval(message={"body": body})) == shown


def test_a_message_of_an_unknown_provider_is_shown_as_it_is() -> None:
    shown = preview_of(approval(message={"body": {"fax": "hello"}}))
    assert (shown.kind, '"fax": "hello"' in shown.text) == ("raw", True)
