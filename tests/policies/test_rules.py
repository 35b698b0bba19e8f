"""Rules of a project's own, as `policies.yaml` has them."""

from datetime import timedelta
from pathlib import Path

import pytest

from policies.model import Allow, Deny, Facts, Hold, NeedsApproval, Verdict
from policies.registry import load_policies
from policies.rules import RulesPolicy
from tests.policies.conftest import NOON, contact, facts
from yamlfile import FileProblems

SHOP = """\
rules:
  no_sms_to_new_customers:
    when: action.channel == "sms" && customer.orders == 0
    message: a customer's first word from us is not an SMS
  large_discounts:
    when: action.discount > 20
    verdict: needs_approval
    group: finance
    message: more than 20 % off is for the finance team
  calm_after_a_message:
    when: contacts.exists(c, c.at > now - duration("2h"))
    verdict: hold
    hold: 2h
    message: there was a message in the last two hours
"""


@pytest.fixture
def judge(tmp_path: Path):
    file = tmp_path / "policies.yaml"
    file.write_text(SHOP)
    [policy] = load_policies(file)

    def verdict(known: Facts) -> Verdict:
        return policy.judge(known)

    return verdict


def test_a_rule_denies_with_its_own_words(judge):
    verdict = judge(facts("sms", attributes={"orders": 0}))

    assert verdict == Deny(reason="a customer's first word from us is not an SMS")


def test_a_rule_that_does_not_apply_allows(judge):
    assert judge(facts("sms", attributes={"orders": 3})) == Allow()


def test_what_is_not_known_of_the_customer_makes_a_rule_false(judge):
    assert judge(facts("sms")) == Allow()


def test_a_rule_asks_a_person_until_one_approved(judge):
    asked = NeedsApproval(group="finance", reason="more than 20 % off is for the finance team")

    assert judge(facts(discount=25.0)) == asked
    assert judge(facts(discount=25.0, approved=True)) == Allow()


def test_a_rule_holds_and_looks_again(judge):
    verdict = judge(facts(contacts=(contact(NOON - timedelta(hours=1)),)))

    assert verdict == Hold(
        until=NOON + timedelta(hours=2), reason="there was a message in the last two hours", look_again=True
    )


def test_the_strictest_rule_wins(judge):
    verdict = judge(facts("sms", discount=25.0, attributes={"orders": 0}))

    assert isinstance(verdict, Deny)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "rules:\n  a: {when: 'action.channel ==', message: m}\n",
            "2:7: the condition 'action.channel ==' ",
        ),
        (
            "rules:\n  a: {when: 'event.x > 1', message: m}\n",
            "2:7: the condition 'event.x > 1' uses",
        ),
        (
            "rules:\n  a: {when: 'true', message: m, verdict: needs_approval}\n",
            "2:3: a rule that needs",
        ),
        ("rules:\n  a: {when: 'true'}\n", "2:3: 'message' is missing"),
    ],
)
def test_a_fault_in_a_rule_is_told_at_its_line(tmp_path: Path, text: str, expected: str):
    file = tmp_path / "policies.yaml"
    file.write_text(text)

    with pytest.raises(FileProblems) as caught:
        load_policies(file)

    assert str(caught.value.problems[0]).startswith(f"{file}:{expected}"), caught.value


def test_rules_look_back_only_if_one_names_contacts():
    plain = RulesPolicy.model_validate({"r": {"when": "action.amount > 5", "message": "m"}})
    busy = RulesPolicy.model_validate({"r": {"when": "contacts.size() > 5", "message": "m"}})
    assert (plain.horizon, busy.horizon) == (0, 31)
