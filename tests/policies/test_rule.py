"""Many policies, one ruling."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.consent import ConsentPolicy
from policies.discount_cap import DiscountCapPolicy
from policies.frequency_cap import FrequencyCapPolicy
from policies.model import Action, Allow, Consent, Contact, Deny, Facts, Hold, NeedsApproval, Policy, rule
from policies.quiet_hours import QuietHoursPolicy
from tests.policies.conftest import NOON, consent, contact, facts

QUIET = QuietHoursPolicy.model_validate({"from": "11:00", "to": "13:00"})
DISCOUNTS = DiscountCapPolicy(most=15, approval_above=5)
ONE_A_DAY = FrequencyCapPolicy.model_validate({"caps": [{"most": 1, "within": "1d"}], "when_reached": "hold"})
CONSENTED = (consent(True),)

channels, purposes = st.sampled_from(["email", "push"]), st.sampled_from(["marketing", "transactional"])
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
clocks = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
all_facts = st.builds(
    Facts,
    now=moments,
    action=st.builds(
        Action,
        journey=st.just("j"),
        step_id=st.just("s"),
        channel=channels,
        purpose=purposes,
        content=st.just("c"),
        discount=st.none() | st.floats(0.1, 30),
        approved=st.booleans(),
    ),
    time_zone=st.sampled_from([None, "UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"]),
    consents=st.lists(
        st.builds(
            Consent, channel=channels, purpose=purposes, granted=st.booleans(), source=st.just("x"), at=moments
        ),
        max_size=4,
    ).map(tuple),
    contacts=st.lists(st.builds(Contact, channel=channels, purpose=purposes, at=moments), max_size=6).map(
        lambda contacts: tuple(sorted(contacts, key=lambda c: c.at))
    ),
)


def quiet(start: time, end: time) -> Policy:
    return QuietHoursPolicy.model_validate({"from": start, "to": end})


def capped(most: int, days: int, when_reached: str) -> Policy:
    caps = [{"most": most, "within": f"{days}d"}]
    return FrequencyCapPolicy.model_validate({"caps": caps, "when_reached": when_reached})


policies = st.lists(
    st.just(ConsentPolicy())
    | st.builds(DiscountCapPolicy, most=st.floats(5, 20), approval_above=st.floats(1, 20))
    | st.builds(quiet, clocks, clocks)
    | st.builds(capped, st.integers(1, 3), st.integers(1, 31), st.sampled_from(["skip", "hold"])),
    max_size=5,
)


def test_without_policies_everything_is_allowed():
    assert rule([], facts()).verdict == Allow()


def test_every_policy_that_was_asked_is_in_the_ruling():
    ruling = rule([ConsentPolicy(), QUIET, DISCOUNTS], facts(discount=10))

    assert [(f.policy, f.verdict.verdict) for f in ruling.findings] == [
        ("consent", "deny"),
        ("quiet_hours", "hold"),
        ("discount_cap", "needs_approval"),
    ]


def test_a_denial_goes_before_everything():
    assert isinstance(rule([QUIET, DISCOUNTS, ConsentPolicy()], facts(discount=10)).verdict, Deny)


def test_approval_is_asked_for_before_a_hold_is_waited_out():
    ruling = rule([QUIET, DISCOUNTS], facts(discount=10))

    assert isinstance(ruling.verdict, NeedsApproval)


def test_once_approved_the_hold_is_waited_out():
    ruling = rule([QUIET, DISCOUNTS], facts(discount=10, approved=True))

    assert isinstance(ruling.verdict, Hold)
    assert ruling.verdict.until == NOON + timedelta(hours=1)


def test_of_two_holds_the_longer_counts():
    longer = QuietHoursPolicy.model_validate({"from": "10:00", "to": "18:00"})

    verdict = rule([QUIET, longer], facts()).verdict

    assert isinstance(verdict, Hold)
    assert verdict.until == NOON + timedelta(hours=6)


def test_a_hold_that_ends_inside_another_goes_on_to_its_end():
    verdict = rule([ONE_A_DAY, QUIET], facts(contacts=(contact(NOON - timedelta(minutes=30)),))).verdict

    # There is room again at 11:30 the next day, which is quiet until 13:00.
    assert isinstance(verdict, Hold)
    assert verdict.until == NOON + timedelta(hours=25)


class Always(Policy):
    """Holds for an hour, at whatever time it is asked."""

    name: ClassVar[str] = "always_holding"

    def judge(self, facts: Facts) -> Hold:
        return Hold(until=facts.now + timedelta(hours=1), reason="not yet")


def test_a_hold_without_end_is_a_denial_that_says_so():
    assert rule([Always()], facts()).verdict == Deny(reason="no time is allowed by all policies (not yet)")


@given(policies, all_facts)
def test_the_ruling_is_never_milder_than_any_policy(policies: Sequence[Policy], facts: Facts):
    strictness = ["allow", "hold", "needs_approval", "deny"]
    ruling = rule(policies, facts)

    strictest = max((strictness.index(f.verdict.verdict) for f in ruling.findings), default=0)
    assert strictness.index(ruling.verdict.verdict) >= strictest
    if "deny" in [f.verdict.verdict for f in ruling.findings]:
        assert isinstance(ruling.verdict, Deny)


@given(policies, all_facts)
def test_at_the_end_of_a_hold_no_policy_holds(policies: Sequence[Policy], facts: Facts):
    verdict = rule(policies, facts).verdict

    if isinstance(verdict, Hold):
        assert verdict.until > facts.now
        then = facts.model_copy(update={"now": verdict.until})
        assert not isinstance(rule(policies, then).verdict, Hold)


@given(policies, all_facts, st.randoms(use_true_random=False))
def test_the_order_of_the_policies_does_not_change_the_strictness(
    policies: list[Policy], facts: Facts, random: Any
):
    shuffled = list(policies)
    random.shuffle(shuffled)

    one, other = rule(policies, facts).verdict, rule(shuffled, facts).verdict

    assert one.verdict == other.verdict
    if isinstance(one, Hold) and isinstance(other, Hold):
        assert one.until == other.until


@given(policies, all_facts)
def test_the_same_facts_always_get_the_same_ruling(policies: Sequence[Policy], facts: Facts):
    before = facts.model_dump_json()

    assert rule(policies, facts) == rule(policies, facts)
    assert facts.model_dump_json() == before


@pytest.mark.parametrize("approved", [False, True])
def test_approval_alone_never_lifts_a_denial(approved: bool):
    assert isinstance(rule([ConsentPolicy(), DISCOUNTS], facts(discount=10, approved=approved)).verdict, Deny)
