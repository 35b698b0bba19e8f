"""What the country of a number decides: where texts may go, WhatsApp's marketing, the laws of single states."""

from datetime import UTC, datetime, timedelta

import pytest

from policies.destinations import DestinationsPolicy
from policies.model import Allow, Deny, Hold, Place
from policies.tables.us_area_codes import state_of
from policies.us_hours import UsHoursPolicy
from policies.us_text_cap import UsTextCapPolicy
from policies.whatsapp_window import WhatsappWindowPolicy
from tests.policies.conftest import NOON, contact, facts

US, TX, FL, OK = (Place(country="US", region=state) for state in ("", "TX", "FL", "OK"))


def to(number: Place, channel: str = "sms", purpose: str = "marketing", **known: object):
    return facts(channel, purpose, about={"destination": number}, **known)  # pyright: ignore[reportArgumentType] words


@pytest.mark.parametrize("purpose", ["marketing", "transactional"])
def test_a_text_abroad_does_not_leave_and_the_operators_are_told(purpose: str):
    policy = DestinationsPolicy(countries=frozenset({"DE", "AT"}))

    assert policy.judge(to(Place(country="AT"), purpose=purpose)) == Allow()
    assert policy.judge(to(Place(country="LV"), purpose=purpose)) == Deny(
        reason="'sms' to numbers of LV is not among the destinations", alert=True
    )
    assert isinstance(policy.judge(to(Place(), purpose=purpose)), Deny)
    assert policy.judge(to(Place(country="LV"), "email")) == Allow()


def test_without_countries_no_text_leaves():
    assert isinstance(DestinationsPolicy().judge(to(Place(country="DE"))), Deny)


@pytest.mark.parametrize(
    ("country", "purpose", "allowed"),
    [
        ("US", "marketing", False),
        ("US", "transactional", True),
        ("CA", "marketing", True),
        ("", "marketing", True),
    ],
)
def test_whatsapp_carries_no_marketing_to_the_us(country: str, purpose: str, allowed: bool):
    verdict = WhatsappWindowPolicy().judge(to(Place(country=country), "whatsapp", purpose))

    assert (verdict == Allow()) is allowed


@pytest.mark.parametrize(
    ("lives", "number", "hours_ago", "allowed"),
    [
        (FL, Place(), (1, 2, 23), False),
        (Place(), OK, (1, 2, 23), False),
        (TX, FL, (1, 2, 23), False),
        (FL, FL, (1, 2, 24), True),
        (FL, FL, (1, 2), True),
        (TX, TX, (1, 2, 3, 4), True),
        (US, US, (1, 2, 3, 4), True),
        (Place(country="CA", region="FL"), Place(), (1, 2, 3, 4), True),
    ],
)
def test_florida_and_oklahoma_have_three_texts_a_day(
    lives: Place, number: Place, hours_ago: tuple[int, ...], allowed: bool
):
    sent = tuple(contact(NOON - timedelta(hours=hours), "sms") for hours in hours_ago)

    assert (UsTextCapPolicy().judge(to(number, place=lives, contacts=sent)) == Allow()) is allowed


def test_other_messages_do_not_count_as_texts():
    sent = (
        *(contact(NOON, "email") for _ in range(3)),
        *(contact(NOON, "sms", "transactional") for _ in range(3)),
    )

    assert UsTextCapPolicy().judge(to(FL, contacts=sent)) == Allow()
    assert UsTextCapPolicy().judge(to(FL, purpose="transactional", contacts=sent)) == Allow()


def test_an_address_and_a_number_of_two_states_have_the_hours_of_both():
    """Texas may be texted on a Monday from 9 to 21, Florida from 8 to 20."""
    monday = datetime(2026, 1, 5, tzinfo=UTC)
    found = {
        hour
        for hour in range(24)
        if UsHoursPolicy().judge(to(FL, place=TX, now=monday.replace(hour=hour))) == Allow()
    }

    assert found == set(range(9, 20))


def test_a_number_of_the_us_has_its_hours_wherever_its_owner_lives():
    night_there = datetime(2026, 1, 5, 8, tzinfo=UTC)

    verdict = UsHoursPolicy().judge(to(TX, place=Place(country="DE"), time_zone=None, now=night_there))

    # 9 in the morning in Honolulu.
    assert isinstance(verdict, Hold)
    assert verdict.until == night_there.replace(hour=19)


@pytest.mark.parametrize(
    ("number", "state"),
    [
        ("+12125550100", "NY"),
        ("+12145550100", "TX"),
        ("+18005550100", ""),
        ("+14165550100", ""),
        ("+4930123456", ""),
    ],
)
def test_an_area_code_tells_the_state(number: str, state: str):
    assert state_of(number) == state
