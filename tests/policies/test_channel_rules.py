"""What single channels ask: WhatsApp's window, an SMS that says who it is from, bulk mail."""

from datetime import datetime, timedelta

import pytest

from policies.bulk_mail import BulkMailPolicy
from policies.model import Allow, Contact, Deny, Health
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


def spared(at: datetime) -> Contact:
    """A message that Meta took and then did not deliver, as the customer had enough marketing."""
    return contact(at, "whatsapp", failed=True, code="whatsapp_cloud.131049")


@pytest.mark.parametrize(
    ("spared_days_ago", "allowed"),
    [
        ((0.9,), False),
        ((1,), True),
        ((1.9, 4), False),
        ((2, 4), True),
        ((7, 12, 15, 18), False),
        ((16, 20, 22, 24, 26, 28), True),
    ],
)
def test_after_whatsapp_marketing_that_meta_spared_somebody_there_is_a_rest_twice_as_long_each_time(
    spared_days_ago: tuple[float, ...], allowed: bool
):
    failed = tuple(spared(NOON - timedelta(days=days)) for days in spared_days_ago)
    policy = WhatsappWindowPolicy(per_day=9, per_week=9)

    assert (policy.judge(facts("whatsapp", contacts=failed)) == Allow()) is allowed


def test_what_failed_for_another_reason_neither_brings_a_rest_nor_ends_one():
    unreachable = contact(NOON - HOUR, "whatsapp", failed=True, code="whatsapp_cloud.131026")
    policy = WhatsappWindowPolicy(per_day=9, per_week=9)

    assert policy.judge(facts("whatsapp", contacts=(unreachable,))) == Allow()
    assert isinstance(policy.judge(facts("whatsapp", contacts=(spared(NOON - 2 * HOUR), unreachable))), Deny)


def test_what_meta_refused_at_the_send_brings_the_same_rest_as_what_it_told_later_but_fills_no_cap():
    at_the_send, told_later = spared(NOON - 25 * HOUR), spared(NOON - 30 * HOUR)
    policy = WhatsappWindowPolicy(per_day=1, per_week=1)

    assert policy.judge(facts("whatsapp", refused=(spared(NOON - HOUR),))) == Deny(
        reason="Meta spared the customer a marketing message (131049); there is none for a day after that"
    )
    assert policy.judge(facts("whatsapp", refused=(at_the_send,))) == Allow()
    both = WhatsappWindowPolicy().judge(facts("whatsapp", refused=(at_the_send,), contacts=(told_later,)))
    assert both == Deny(
        reason="Meta spared the customer 2 marketing messages (131049); there is none for 2 days after that"
    )


def test_a_message_that_arrived_ends_what_failed_before_it_and_receipts_leave_all_the_same():
    failed = spared(NOON - HOUR)
    policy = WhatsappWindowPolicy(per_day=9, per_week=9)

    assert policy.judge(facts("whatsapp", contacts=(failed, contact(NOON, "whatsapp")))) == Allow()
    assert policy.judge(facts("whatsapp", "transactional", contacts=(failed,))) == Allow()
    assert policy.judge(facts("whatsapp", contacts=(failed,))) == Deny(
        reason="Meta spared the customer a marketing message (131049); there is none for a day after that"
    )


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
        (Health(delivered=10_000, complained=9, bounced=199), True),
        (Health(delivered=2_000, complained=6), False),
        (Health(delivered=2_000, bounced=100), False),
        (Health(delivered=999, complained=50), True),
    ],
)
def test_complaints_and_bounces_stop_marketing_mail(health: Health, allowed: bool):
    assert (BulkMailPolicy().judge(facts(about=ONE_CLICK, health=health)) == Allow()) is allowed


@pytest.mark.parametrize(
    ("health", "reason"),
    [
        (
            Health(delivered=10_000, complained=12),
            "0.12 % of last week's mails were complained about; marketing stops at 0.3 %, and 0.1 % is too much "
            "already. Mail less often, and only who opened or clicked of late; 'sojourn guardrail list' tells "
            "which journeys it is",
        ),
        (
            Health(delivered=10_000, bounced=200),
            "2 % of last week's mails bounced for good; marketing stops at 5 %, and 2 % is too much already. Mail "
            "no addresses that are old or that nobody confirmed; "
            "'sojourn guardrail list' tells which journeys it is",
        ),
    ],
)
def test_operators_are_warned_before_marketing_mail_stops(health: Health, reason: str):
    assert BulkMailPolicy().judge(facts(about=ONE_CLICK, health=health)) == Allow(reason=reason, alert=True)


def test_operators_are_told_that_marketing_mail_stops():
    stopped = BulkMailPolicy().judge(
        facts(about=ONE_CLICK, health=Health(delivered=2_000, complained=6, bounced=50))
    )
    assert stopped == Deny(
        reason="0.3 % of last week's mails were complained about; marketing stops at 0.3 %", alert=True
    )


def test_marketing_mail_can_be_left_with_one_click():
    assert BulkMailPolicy().judge(facts()) == Deny(reason="the mail has no one-click unsubscribe")
    assert BulkMailPolicy().judge(facts("push")) == Allow()
