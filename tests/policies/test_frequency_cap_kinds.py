"""Caps by purpose, by journey and by the calendar."""

from datetime import UTC, datetime, timedelta

import pytest

from policies.frequency_cap import FrequencyCapPolicy
from policies.model import Allow, Deny, Hold
from tests.policies.conftest import NOON, contact, facts

HOUR = timedelta(hours=1)


def policy(cap: dict[str, object], when_reached: str = "skip") -> FrequencyCapPolicy:
    return FrequencyCapPolicy.model_validate({"caps": [cap], "when_reached": when_reached})


def test_a_cap_by_the_calendar_forgets_yesterday_at_the_customers_midnight():
    once_a_day = policy({"most": 1, "within": "1d", "calendar": True})
    # 23:30 on the second and 00:30 on the third of March, in Berlin.
    sent = contact(datetime(2026, 3, 2, 22, 30, tzinfo=UTC))
    before = facts(now=datetime(2026, 3, 2, 22, 45, tzinfo=UTC), contacts=(sent,), time_zone="Europe/Berlin")
    after = facts(now=datetime(2026, 3, 2, 23, 30, tzinfo=UTC), contacts=(sent,), time_zone="Europe/Berlin")

    assert isinstance(once_a_day.judge(before), Deny)
    assert once_a_day.judge(after) == Allow()


def test_a_message_at_midnight_counts_for_the_day_it_begins():
    once_a_day = policy({"most": 1, "within": "1d", "calendar": True})
    midnight = contact(datetime(2026, 3, 3, tzinfo=UTC))

    assert isinstance(once_a_day.judge(facts(contacts=(midnight,))), Deny)


def test_a_cap_by_the_calendar_holds_until_midnight_across_a_change_of_clocks():
    twice_in_two_days = policy({"most": 1, "within": "2d", "calendar": True}, "hold")
    sent = contact(datetime(2026, 3, 28, 12, tzinfo=UTC))
    now = datetime(2026, 3, 28, 13, tzinfo=UTC)

    verdict = twice_in_two_days.judge(facts(now=now, contacts=(sent,), time_zone="Europe/Berlin"))

    # Clocks go forward on the 29th: midnight of the 30th is 22:00 UTC.
    assert isinstance(verdict, Hold)
    assert verdict.until == datetime(2026, 3, 29, 22, tzinfo=UTC)


def test_a_cap_by_the_calendar_counts_whole_days():
    with pytest.raises(ValueError, match="write 1d, 7d or 2w"):
        policy({"most": 1, "within": "36h", "calendar": True})


def test_a_cap_for_a_purpose_counts_only_that_purpose():
    one_marketing = policy({"most": 1, "within": "1d", "purpose": "marketing"})
    receipt, advert = contact(NOON - HOUR, purpose="transactional"), contact(NOON - HOUR)

    assert one_marketing.judge(facts(contacts=(receipt,))) == Allow()
    assert isinstance(one_marketing.judge(facts(contacts=(advert,))), Deny)


def test_a_cap_for_each_journey_counts_only_its_own_messages():
    once = policy({"most": 1, "within": "1d", "each_journey": True})

    assert once.judge(facts(contacts=(contact(NOON - HOUR, journey="other"),))) == Allow()
    verdict = once.judge(facts(contacts=(contact(NOON - HOUR, journey="j"),)))
    assert verdict == Deny(reason="the customer had 1 message from 'j' in 1 day; the cap is 1")
