from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.frequency_cap import Cap, FrequencyCapPolicy
from policies.model import Allow, Contact, Deny, Hold, Verdict
from tests.policies.conftest import NOON, contact, facts

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def policy(*caps: dict[str, Any], when_reached: str = "skip") -> FrequencyCapPolicy:
    return FrequencyCapPolicy.model_validate({"caps": caps, "when_reached": when_reached})


TWO_A_DAY = policy({"most": 2, "within": "1d"})
ONE_EMAIL_A_DAY = policy({"most": 1, "within": "1d", "channel": "email"})


@pytest.mark.parametrize(
    ("contacts", "allowed"),
    [
        ([], True),
        ([NOON - HOUR], True),
        ([NOON - 2 * HOUR, NOON - HOUR], False),
        ([NOON - DAY, NOON - HOUR], True),
        ([NOON - DAY + timedelta(seconds=1), NOON - HOUR], False),
        ([NOON - 3 * DAY, NOON - 2 * DAY, NOON - HOUR], True),
    ],
)
def test_a_cap_counts_the_messages_of_any_stretch_of_its_length(contacts: list[datetime], allowed: bool):
    verdict = TWO_A_DAY.judge(facts(contacts=tuple(contact(at) for at in contacts)))

    assert isinstance(verdict, Allow) is allowed


@pytest.mark.parametrize(
    ("channel", "contacts", "allowed"),
    [
        ("email", [contact(NOON - HOUR, channel="email")], False),
        ("email", [contact(NOON - HOUR, channel="push")], True),
        ("push", [contact(NOON - HOUR, channel="email")], True),
    ],
)
def test_a_cap_on_a_channel_counts_and_binds_that_channel(channel: str, contacts: list[Contact], allowed: bool):
    verdict = ONE_EMAIL_A_DAY.judge(facts(channel=channel, contacts=tuple(contacts)))

    assert isinstance(verdict, Allow) is allowed


def test_a_transactional_message_passes_but_counts():
    sent = (contact(NOON - 2 * HOUR, purpose="transactional"), contact(NOON - HOUR, purpose="transactional"))

    assert TWO_A_DAY.judge(facts(purpose="transactional", contacts=sent)) == Allow()
    assert isinstance(TWO_A_DAY.judge(facts(contacts=sent)), Deny)


@pytest.mark.parametrize(
    ("capped", "reason"),
    [
        (TWO_A_DAY, "the customer had 2 messages in 1 day; the cap is 2"),
        (ONE_EMAIL_A_DAY, "the customer had 2 email messages in 1 day; the cap is 1"),
    ],
)
def test_the_reason_tells_how_many_there_were(capped: FrequencyCapPolicy, reason: str):
    sent = (contact(NOON - 2 * HOUR), contact(NOON - HOUR))

    assert capped.judge(facts(contacts=sent)) == Deny(reason=reason)


def test_a_held_message_waits_until_there_is_room():
    holding = policy({"most": 2, "within": "1d"}, when_reached="hold")
    sent = (contact(NOON - 20 * HOUR), contact(NOON - 5 * HOUR), contact(NOON - HOUR))

    verdict = holding.judge(facts(contacts=sent))

    assert isinstance(verdict, Hold)
    assert verdict.until == NOON + 19 * HOUR


@pytest.mark.parametrize("cap", [{"most": 0, "within": "1d"}, {"most": 1, "within": "32d"}, {"most": 1}])
def test_a_cap_that_cannot_be_kept_is_refused(cap: dict[str, Any]):
    with pytest.raises(ValueError, match="validation error"):
        policy(cap)


minutes = st.integers(0, 45 * 24 * 60).map(
    lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
)
wishes = st.lists(
    st.tuples(minutes, st.sampled_from(["email", "push"]), st.sampled_from(["marketing", "transactional"])),
    max_size=40,
).map(sorted)
caps = st.lists(
    st.builds(
        Cap,
        most=st.integers(1, 3),
        within=st.integers(1, 31 * 24).map(lambda hours: timedelta(hours=hours)),
        channel=st.sampled_from([None, "email", "push"]),
    ),
    min_size=1,
    max_size=3,
)


@given(caps, wishes)
def test_however_messages_come_no_marketing_message_ever_goes_over_a_cap(
    caps: list[Cap], wishes: list[tuple[datetime, str, Any]]
):
    capped = FrequencyCapPolicy(caps=tuple(caps))
    sent: list[Contact] = []
    for at, channel, purpose in wishes:
        verdict = capped.judge(facts(channel=channel, purpose=purpose, now=at, contacts=tuple(sent)))
        if isinstance(verdict, Allow):
            sent.append(contact(at, channel, purpose))
            assert purpose == "transactional" or all(within(cap, sent) for cap in caps if binds(cap, channel))


@given(caps, wishes, minutes)
def test_a_held_message_finds_room_at_the_end_of_its_hold(
    caps: list[Cap], wishes: list[tuple[datetime, str, Any]], now: datetime
):
    holding = FrequencyCapPolicy(caps=tuple(caps), when_reached="hold")
    sent = tuple(contact(at, channel, purpose) for at, channel, purpose in wishes if at <= now)
    held = facts(now=now, contacts=sent)

    for _ in range(len(caps) + 1):
        verdict: Verdict = holding.judge(held)
        if not isinstance(verdict, Hold):
            break
        assert verdict.until > held.now
        held = held.model_copy(update={"now": verdict.until})
    else:
        pytest.fail("the hold does not end")


def binds(cap: Cap, channel: str) -> bool:
    return cap.channel in (None, channel)


def within(cap: Cap, sent: list[Contact]) -> bool:
    """Whether the newest of the messages that a cap counts closes no stretch with too many of them."""
    counted = [c for c in sent if cap.channel in (None, c.channel)]
    return sum(c.at > counted[-1].at - cap.within for c in counted) <= cap.most
