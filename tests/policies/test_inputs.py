"""What is kept with a verdict suffices to judge again, and says so where it does not."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.policies import busy_customer
from journeys.parts import Purpose
from policies.budget import BudgetPolicy
from policies.frequency_cap import FrequencyCapPolicy
from policies.high_value import HighValuePolicy
from policies.inputs import Inputs, keep_inputs
from policies.journey_priority import JourneyPriorityPolicy
from policies.model import Allow, Facts, Place, Policy
from policies.registry import known_policies
from policies.restricted_categories import RestrictedCategoriesPolicy
from policies.rules import RulesPolicy
from policies.sms_identification import SmsIdentificationPolicy
from policies.whatsapp_window import WhatsappWindowPolicy
from tests.policies.conftest import contact, facts

RULE = RulesPolicy.model_validate({"loyal": {"when": "customer.plan == 'pro'", "message": "not to those"}})
_CURRENCIES: st.SearchStrategy[str] = st.sampled_from(["EUR", ""])
EVERY = [kind() for name, kind in sorted(known_policies().items()) if name != "rules"] + [RULE]


def kept(policies: list[Policy], known: Facts) -> Inputs:
    """The inputs as they come back from the store."""
    return Inputs.model_validate_json(json.dumps(keep_inputs(policies, known)))


@given(
    channel=st.sampled_from(["email", "sms", "whatsapp", "banner"]),
    purpose=st.sampled_from(["marketing", "transactional"]),
    discount=st.none() | st.floats(1, 60),
    hours=st.lists(st.floats(0, 24 * 31), max_size=6),
    attributes=st.fixed_dictionaries(
        {},
        optional={
            "age": st.integers(10, 80),
            "orders": st.fixed_dictionaries({"spent": st.dictionaries(_CURRENCIES, st.floats(0, 9))}),
            "plan": st.sampled_from(["pro", "free"]),
            "in_critical_workflow": st.booleans(),
            "gpc": st.booleans(),
        },
    ),
    country=st.sampled_from(["US", "DE", ""]),
)
def test_every_policy_says_of_what_was_kept_what_it_said(
    channel: str,
    purpose: Purpose,
    discount: float | None,
    hours: list[float],
    attributes: dict[str, Any],
    country: str,
) -> None:
    now = busy_customer().now
    contacts = [contact(now - timedelta(hours=each), channel=channel, discount=discount) for each in hours]
    given: dict[str, Any] = {"attributes": attributes, "time_zone": None, "place": Place(country=country)}
    known = facts(channel, purpose, discount=discount, now=now, contacts=tuple(contacts), **given)
    inputs = kept(EVERY, known)
    for policy in EVERY:
        if not policy.looks_at_text:
            assert inputs.lacks(policy) == ""
            assert policy.judge(inputs.facts) == policy.judge(known)
        assert policy.concerns(known.action) or policy.judge(known) == Allow()


def test_of_the_customer_only_what_a_policy_named_is_kept() -> None:
    known = facts(attributes={"plan": "pro", "name": "Lena Koch", "orders": {"value": 3.0}})
    assert kept([RULE], known).facts.attributes == {"plan": "pro"}


def test_neither_the_message_nor_a_long_text_is_kept() -> None:
    long = "Please leave it with Frau Koch on the second floor, she is always at home"
    known = facts(attributes={"plan": long}, about={"text": "Dear Lena"})
    inputs = kept([RULE], known)
    assert (inputs.facts.action.text, inputs.facts.attributes) == ("", {})
    assert inputs.lacks(RULE) == "the customer's plan"


@pytest.mark.parametrize(
    ("policy", "lacking"),
    [
        (SmsIdentificationPolicy(), "the text of the message"),
        (RestrictedCategoriesPolicy(), "the customer's age, birth_date"),
        (FrequencyCapPolicy(), "messages of more than 7 days before"),
        (BudgetPolicy(), "what the journey sent in such a span"),
        (
            RulesPolicy.model_validate({"a": {"when": "size(customer) > 1", "message": "m"}}),
            "all of the customer's",
        ),
    ],
)
def test_it_says_what_another_policy_would_need(policy: Policy, lacking: str) -> None:
    texted = facts("sms", about={"categories": frozenset({"alcohol"})})
    assert kept([HighValuePolicy()], texted).lacks(policy).startswith(lacking)


def test_it_needs_to_know_nothing_of_what_does_not_concern_it() -> None:
    mail = kept([HighValuePolicy()], facts("email"))
    silent = (SmsIdentificationPolicy(), RestrictedCategoriesPolicy(), WhatsappWindowPolicy())
    assert [mail.lacks(policy) for policy in silent] == ["", "", ""]


def test_runs_of_other_journeys_are_asked_for_only_where_they_count() -> None:
    assert JourneyPriorityPolicy().needed == frozenset()
    assert JourneyPriorityPolicy(while_open=True).needed == {"open_runs"}


def test_a_policy_with_other_settings_has_another_version() -> None:
    same = [HighValuePolicy(), HighValuePolicy(most_discount=5)]
    assert len({policy.version for policy in same}) == 1
    assert HighValuePolicy(most_discount=4).version != same[0].version


def test_the_version_does_not_hang_on_the_order_of_what_has_none() -> None:
    names = [f"category-{number}" for number in range(30)]
    one = RestrictedCategoriesPolicy(categories=frozenset(names))
    other = RestrictedCategoriesPolicy(categories=frozenset(reversed(names)))
    assert one.version == other.version
