"""Autonomy tiers: which actions a person looks at, which a person decides, and which the agent does alone."""

from pathlib import Path
from typing import Any

import pytest

from journeys.parts import Purpose
from policies.autonomy import AutonomyPolicy
from policies.model import Allow, Deny, NeedsApproval, Verdict, strictest
from policies.registry import load_policies
from tests.policies.conftest import facts
from yamlfile import FileProblems

REFUNDS = [
    {"tier": "full", "tool": "refund", "amount_up_to": "50 EUR"},
    {"tier": "human", "tool": "refund", "amount_above": "50 EUR", "group": "support"},
]
DISCOUNTS = [
    {"tier": "supervised", "discount_above": "5%", "discount_up_to": "15%"},
    {"tier": "human", "discount_above": "15%"},
]


def judged(tiers: list[dict[str, Any]], **known: Any) -> Verdict:
    policy = AutonomyPolicy.model_validate({"group": "marketing", "tiers": tiers})
    return policy.judge(facts(**known))


def tier_of(verdict: Verdict) -> tuple[str, str]:
    """The tier of a verdict, and who decides."""
    return (verdict.tier, verdict.group) if isinstance(verdict, NeedsApproval) else (verdict.verdict, "")


def refund_of(amount: float | None, currency: str = "EUR") -> dict[str, Any]:
    return {
        "channel": "action",
        "purpose": "transactional",
        "about": {"tool": "refund", "sensitive": True, "amount": amount, "currency": currency},
    }


@pytest.mark.parametrize(("amount", "people"), [(500.0, 1), (500.01, 2)])
def test_above_an_amount_two_people_must_agree_whichever_rule_stands_first(amount: float, people: int):
    two = {"tier": "human", "tool": "refund", "amount_above": "500 EUR", "group": "support", "people": 2}
    for tiers in ([*REFUNDS, two], [two, *REFUNDS]):
        verdict = judged(tiers, **refund_of(amount))
        assert isinstance(verdict, NeedsApproval)
        assert (verdict.group, verdict.people) == ("support", people)
        assert f"above {500 if people == 2 else 50}" in verdict.reason


@pytest.mark.parametrize(
    ("discount", "tier"),
    [(None, "allow"), (5, "allow"), (5.1, "supervised"), (15, "supervised"), (20, "human")],
)
def test_the_larger_the_discount_the_closer_a_person_looks(discount: float | None, tier: str):
    assert tier_of(judged(DISCOUNTS, discount=discount))[0] == tier


@pytest.mark.parametrize(
    ("amount", "tier"),
    [(20, ("allow", "")), (50, ("allow", "")), (50.01, ("human", "support")), (None, ("human", "marketing"))],
)
def test_small_refunds_are_the_agents_own_and_large_ones_a_persons(amount: float | None, tier: tuple[str, str]):
    assert tier_of(judged(REFUNDS, **refund_of(amount))) == tier


def test_a_sensitive_tool_that_no_rule_names_needs_a_person():
    assert tier_of(judged(DISCOUNTS, **refund_of(5))) == ("human", "marketing")


def test_a_sensitive_tool_without_anybody_to_ask_is_denied():
    verdict = AutonomyPolicy().judge(facts(**refund_of(5)))
    assert isinstance(verdict, Deny)
    assert verdict.reason.startswith("'refund' needs a person's approval; no group may decide: name one")


def test_a_tightened_journey_that_nobody_may_decide_about_asks_the_policys_group_or_is_denied():
    tightened = NeedsApproval(group="", tier="human", reason="the journey was tightened: complaints")
    assert tier_of(judged([], tightened=tightened)) == ("human", "marketing")
    denied = AutonomyPolicy().judge(facts(tightened=tightened))
    assert isinstance(denied, Deny)
    assert denied.reason.startswith("the journey was tightened: complaints; no group may decide")


def test_a_sensitive_tool_that_the_journey_asks_about_is_asked_about():
    asked = NeedsApproval(group="support", reason="the journey asks for it")
    assert AutonomyPolicy().judge(facts(asked=asked, **refund_of(5))) == asked


def test_the_strictest_of_rules_journey_and_tightening_counts():
    rules = [{"tier": "supervised", "channel": "email"}]
    asked = NeedsApproval(group="brand", reason="the journey asks for it")
    tightened = NeedsApproval(group="ops", tier="human", reason="too many complaints")
    assert tier_of(judged(rules, asked=asked)) == ("supervised", "brand")
    assert tier_of(judged(rules, asked=asked, tightened=tightened)) == ("human", "ops")


def test_what_a_person_approved_is_not_asked_about_again():
    assert judged(DISCOUNTS, discount=20, approved=True) == Allow()


@pytest.mark.parametrize(
    ("rule", "concerned", "not_concerned"),
    [
        ({"channel": "sms"}, {"channel": "sms"}, {"channel": "email"}),
        ({"channel": ["sms", "push"]}, {"channel": "push"}, {"channel": "email"}),
        ({"purpose": "marketing"}, {"purpose": "marketing"}, {"purpose": "transactional"}),
        ({"purpose": "transactional"}, {"purpose": "transactional"}, refund_of(5)),
        ({"journey": "j"}, {}, {"about": {"tool": "coupon"}, "channel": "sms", "approved": True}),
        ({"tool": "coupon"}, {"about": {"tool": "coupon"}}, {}),
        ({"confidence_below": 0.6}, {"about": {"confidence": 0.59}}, {"about": {"confidence": 0.6}}),
        ({"confidence_below": 0.6}, {"about": {"confidence": 0.1}}, {}),
        ({"where": "customer.vip"}, {"attributes": {"vip": True}}, {"attributes": {}}),
        (
            {"where": "customer.orders.value > 1000"},
            {"attributes": {"orders": {"value": 1200.0}}},
            {"attributes": {"orders": {"value": 900.0}}},
        ),
        ({}, {}, {"approved": True}),
    ],
)
def test_a_rule_concerns_what_it_names(
    rule: dict[str, Any], concerned: dict[str, Any], not_concerned: dict[str, Any]
):
    tiers = [{"tier": "supervised", **rule}, {"tier": "full", "tool": "refund"}]
    assert tier_of(judged(tiers, **concerned))[0] == "supervised"
    assert judged(tiers, **not_concerned) == Allow()


@pytest.mark.parametrize("purpose", ["marketing", "transactional"])
def test_all_that_a_rule_names_must_apply(purpose: Purpose):
    rule = {"tier": "human", "purpose": "marketing", "discount_above": 0, "where": "customer.vip"}
    verdict = judged([rule], purpose=purpose, discount=1, attributes={"vip": True})
    assert tier_of(verdict)[0] == ("human" if purpose == "marketing" else "allow")


def test_the_person_reads_why_they_are_asked():
    rule = {"tier": "human", "tool": "refund", "amount_above": "50 EUR"}
    verdict = judged([rule], **refund_of(80))
    assert isinstance(verdict, NeedsApproval)
    assert verdict.reason == "refund, an amount above 50 EUR: a person must agree"


@pytest.mark.parametrize(
    ("tiers", "amount", "currency", "tier"),
    [
        (REFUNDS, 10, "KWD", "human"),
        (REFUNDS, 10, "", "human"),
        (REFUNDS[:1], 10, "KWD", "human"),
        ([{"tier": "full", "tool": "refund", "amount_above": "5 EUR"}], 10, "KWD", "human"),
        ([{"tier": "full", "tool": "refund", "amount_up_to": ["50 EUR", "15 KWD"]}], 15, "KWD", "allow"),
        ([{"tier": "full", "tool": "refund", "amount_up_to": ["50 EUR", "15 KWD"]}], 16, "KWD", "human"),
    ],
)
def test_an_amount_is_free_only_up_to_a_limit_in_its_own_currency(
    tiers: list[dict[str, Any]], amount: float, currency: str, tier: str
):
    assert tier_of(judged(tiers, **refund_of(amount, currency)))[0] == tier


def test_the_person_reads_that_a_currency_has_no_limit():
    verdict = judged(REFUNDS, **refund_of(10, "KWD"))
    assert isinstance(verdict, NeedsApproval)
    assert verdict.reason == "refund, an amount above 50 EUR, as KWD has no limit here: a person must agree"


def test_of_two_who_must_agree_the_stricter_tier_wins_and_a_denial_beats_both():
    looks = NeedsApproval(group="a", reason="looks")
    agrees = NeedsApproval(group="b", tier="human", reason="agrees")
    assert strictest([looks, agrees]) == agrees
    assert strictest([looks, Deny(reason="never"), agrees]) == Deny(reason="never")


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("tiers: [{tier: human}]", "2:3: name the 'group' that decides, here or in each rule"),
        ("{group: a, tiers: [{tier: full, channel: sms}]}", "every action is full unless a rule says otherwise"),
        ("{group: a, tiers: [{tier: watched}]}", "Input should be 'full', 'supervised' or 'human'"),
        ("{group: a, tiers: [{tier: human, discont_above: 5}]}", "did you mean 'discount_above'?"),
        ("{group: a, tiers: [{tier: human, where: custmer.vip}]}", "uses 'custmer'"),
        ("{group: a, tiers: [{tier: human, confidence_below: 60}]}", "less than or equal to 1"),
    ],
)
def test_a_wrong_rule_is_told_at_its_line(tmp_path: Path, written: str, problem: str):
    file = tmp_path / "policies.yaml"
    file.write_text(f"autonomy:\n  {written}\n")
    with pytest.raises(FileProblems) as told:
        load_policies(file)
    assert f"{file}:2:" in str(told.value)
    assert problem in str(told.value)


def test_features_are_gathered_only_when_a_rule_asks_for_the_customer():
    assert AutonomyPolicy().needed == frozenset()
    concerned = AutonomyPolicy.model_validate(
        {"group": "a", "tiers": [{"tier": "human", "where": "customer.vip"}]}
    )
    assert concerned.needed == {"features"}
