from datetime import UTC, datetime

import pytest

from policies.model import Allow, Hold, Place
from policies.us_hours import UsHoursPolicy
from tests.policies.conftest import facts

POLICY = UsHoursPolicy()


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    """In the week of Monday the fifth of January 2026."""
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


def texting(now: datetime, state: str, zone: str | None = "America/New_York"):
    return facts("sms", now=now, time_zone=zone, place=Place(country="US", region=state))


@pytest.mark.parametrize(
    ("state", "now", "allowed"),
    [
        ("NY", utc(5, 13), True),  # Monday 08:00
        ("NY", utc(5, 12, 59), False),
        ("FL", utc(6, 0, 30), True),  # Monday 19:30
        ("FL", utc(6, 1), False),  # 20:00
        ("NY", utc(6, 1), True),
        ("CT", utc(5, 13, 30), False),  # 08:30
        ("RI", utc(5, 23, 30), False),  # Monday 18:30
        ("RI", utc(10, 14, 30), False),  # Saturday 09:30
        ("TX", utc(11, 16, 30), False),  # Sunday 11:30
        ("", utc(6, 1, 30), False),  # Monday 20:30, the state unknown
    ],
)
def test_every_state_has_its_hours(state: str, now: datetime, allowed: bool):
    assert (POLICY.judge(texting(now, state)) == Allow()) is allowed


def test_an_early_text_waits_for_the_state_to_wake():
    verdict = POLICY.judge(texting(utc(5, 10), "CT"))

    assert verdict == Hold(until=utc(5, 14), reason="outside the hours for marketing in CT until Mon 09:00")


def test_where_the_zone_is_unknown_it_must_be_day_from_maine_to_hawaii():
    """Federal hours begin in Honolulu at 18:00 UTC, and end in New York at 02:00 UTC."""
    assert isinstance(POLICY.judge(texting(utc(5, 17), "NY", zone=None)), Hold)
    assert POLICY.judge(texting(utc(5, 19), "NY", zone=None)) == Allow()


def test_a_customer_elsewhere_is_not_meant():
    abroad = facts("sms", now=utc(5, 3), place=Place(country="DE"))

    assert POLICY.judge(abroad) == Allow()


def test_mail_has_no_hours():
    assert POLICY.judge(facts("email", now=utc(5, 3), place=Place(country="US"))) == Allow()
