"""What single channels ask: WhatsApp's window, an SMS that says who it is from, bulk mail."""

from datetime import timedelta

import pytest

from policies.bulk_mail import BulkMailPolicy
from policies.model import Allow, Deny, Health
from policies.sms_identification import SmsIdentificationPolicy
from policies.whatsapp_window import WhatsappWindowPolicy
from tests.policies.conftest import NOON, contact, facts

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FREE = {"form": "free"}


@pytest.mark.parametrize(
    ("ago", "allowed"),
    [(HOUR, True), (DAY - timedelta(seconds=61), True), (DAY - timedelta(seconds=60), False), (None, False)],
)
def test_free_text_needs_the_window_less_a_minute(ago: timedelta | None, allowed: bool):
    inbound = NOON - ago if ago else None

    verdict = WhatsappWindowPolicy().judge(facts("whatsapp", "transactional", about=FREE, last_inbound=inbound))

    assert (verdict == Allow()) is allowed


def test_a_template_needs_no_window():
    assert WhatsappWindowPolicy().judge(facts("whatsapp")) == Allow()


@pytest.mark.parametrize(("days_ago", "allowed"), [((2,), True), ((0.5,), False), ((2, 4), False), ((2, 8), True)])
def test_whatsapp_carries_little_marketing(days_ago: tuple[float, ...], allowed: bool):
    sent = tuple(contact(NOON - timedelta(days=days), "whatsapp") for days in days_ago)

    assert (WhatsappWindowPolicy().judge(facts("whatsapp", contacts=sent)) == Allow()) is allowed


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("Nordhus: your basket waits. Reply STOP to end.", True),
        ("NORDHUS: your basket waits. Text unsubscribe to end.", True),
        ("Your basket waits. Reply STOP to end.", False),
        ("Nordhus: your basket waits.", False),
    ],
)
def test_an_sms_says_who_it_is_from_and_how_to_stop_it(text: str, allowed: bool):
    verdict = SmsIdentificationPolicy().judge(facts("sms", about={"text": text}, brand="Nordhus"))

    assert (verdict == Allow()) is allowed


ONE_CLICK = {"one_click": True}


@pytest.mark.parametrize(
    ("health", "allowed"),
    [
        (Health(delivered=2_000, complained=5, bounced=99), True),
        (Health(delivered=2_000, complained=6), False),
        (Health(delivered=2_000, bounced=100), False),
        (Health(delivered=999, complained=50), True),
    ],
)
def test_complaints_and_bounces_stop_marketing_mail(health: Health, allowed: bool):
    assert (BulkMailPolicy().judge(facts(about=ONE_CLICK, health=health)) == Allow()) is allowed


def test_marketing_mail_can_be_left_with_one_click():
    assert BulkMailPolicy().judge(facts()) == Deny(reason="the mail has no one-click unsubscribe")
    assert BulkMailPolicy().judge(facts("push")) == Allow()
