"""What a journey asks of its project."""

from dataclasses import replace
from typing import Any

import pytest

from policies.autonomy import AutonomyPolicy
from policies.discount_cap import DiscountCapPolicy
from tests.checker.conftest import HEAD, SHOP, Check

REFUND = (
    "6:5: 'refund' is done only when a person agrees, and nobody is asked "
    "(add 'approval: <group>', or 'autonomy' to policies.yaml)"
)
NOBODY = "6:5: sojourn.yaml has nobody in the group 'brnd' (did you mean 'brand'?)"
SEND = "send: push\n    content: hello"


@pytest.mark.parametrize(
    "step",
    [
        "send: [push, email]\n    content: hello\n    offer: {discount: 15%}\n    approval: brand",
        f"{SEND}\n    offer: {{discount: 15%}}\n    approval: {{group: brand, otherwise: send_without_offer}}",
        "act: coupon\n    with: {discount: '10.0'}",
        "act: refund\n    approval: brand",
        "approve: brand\n    about: Really?",
        "run: other",
        "choose: colour\n    options: [{option: red}]",
    ],
)
def test_what_the_project_has_may_be_asked_for(step: str, check_steps: Check):
    assert check_steps(step) == []


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ("send: sms\n    content: hello", "6:5: sojourn.yaml sets up no channel 'sms' (there are: email, push)"),
        ("send: push\n    content: helo", "7:5: there is no content 'helo' (did you mean 'hello'?)"),
        ("send: push\n    content: soon", "7:5: the content 'soon' is not approved; only what is approved leaves"),
        (f"{SEND}\n    offer: {{discount: 16%}}", "8:13: a discount of 16 % is above the cap of 15 %"),
        (f"{SEND}\n    approval: {{group: brand, otherwise: send_without_offer}}",
         "8:30: there is no offer here to leave out; let it 'skip' or 'stop'"),
        ("act: coupon\n    with: {discount: '5.0'}\n    approval: {group: brand, otherwise: send_without_offer}",
         "8:30: there is no offer here to leave out; let it 'skip' or 'stop'"),
        ("act: coupon\n    with: {discount: '5.0'}\n    approval: {group: brand, edit: amount}",
         "8:30: there is no 'amount' here to edit; there is: discount"),
        (f"{SEND}\n    approval: {{group: brand, edit: discount}}",
         "8:30: there is no 'discount' here to edit; there is: nothing"),
        ("send: push\n    content: deal\n    offer: {discount: 5%}\n"
         "    approval: {group: brand, otherwise: send_without_offer}",
         "9:30: 'deal' shows its offer in any case, so it cannot leave without "
         "(put what it says of it between {% if offer %} and {% endif %})"),
        ("act: coupon\n    with: {discount: '20.0'}", "7:12: a discount of 20 % is above the cap of 15 %"),
        ("act: copon", "6:5: sojourn.yaml sets up no tool 'copon' (did you mean 'coupon'?)"),
        ("act: coupon", "6:5: 'coupon' needs 'discount' under 'with'"),
        ("act: refund", REFUND),
        ("approve: brnd\n    about: Really?", NOBODY),
        ("run: othr", "6:5: there is no journey 'othr' (did you mean 'other'?)"),
        ("choose: c\n    planner: fxed\n    options: [{option: a}]",
         "7:5: there is no planner 'fxed' (did you mean 'fixed'?)"),
        ("choose: c\n    planner: llm\n    options: [{option: a}]",
         "7:5: the planner 'llm' wants a language model asked, and sojourn.yaml names none (add 'llm: {url: ..., "
         "model: ..., key: ...}' there)"),
        ("choose: c\n    planner: sampler\n    settings: {flor: 0.1}\n    options: [{option: a}]",
         "8:16: unknown key 'flor' (did you mean 'floor'?)"),
        ("choose: c\n    planner: rules\n    options: [{option: a}]", "6:1: 'rules' is missing"),
        ("choose: c\n    planner: rules\n    settings: {rules: [{choose: b}]}\n    options: [{option: a}]",
         "8:25: there is no option 'b' (there are: a)"),
        ("choose: c\n    planner: rules\n    settings: {rules: [{if: customer.teir == 'x', choose: a}]}\n"
         "    options: [{option: a}]", "8:38: 'customer' has no 'teir' (did you mean 'tier'?)"),
        ("choose: c\n    features: {tier: customer.tier}\n    options: [{option: a}]",
         "7:31: 'customer.tier' is a string, not a number or true or false"),
        ("choose: c\n    rewards: {outcomes: {clicked: {value: 1}}, costs: {b: 1}}\n    options: [{option: a}]",
         "7:56: there is no option 'b' (there are: a)"),
    ],
)  # fmt: skip
def test_what_the_project_has_not_is_told(step: str, problem: str, check_steps: Check):
    assert problem in check_steps(step)


def test_nobody_but_the_owner_could_approve(check_steps: Check):
    assert check_steps(f"{SEND}\n    approval: alone") == [
        "8:5: nobody but the owner o@shop.example is in 'alone', and nobody approves what they wrote "
        "(add another person to the group in sojourn.yaml)"
    ]


def test_a_sensitive_action_of_a_supervised_journey_is_seen_by_its_approvers(check_steps: Check):
    assert check_steps("act: refund", head=f"tier: supervised\napprovers: brand\n{HEAD}") == []


@pytest.mark.parametrize("tiers", [{"group": "brand"}, {"tiers": [{"tier": "full", "tool": "refund"}]}])
def test_a_sensitive_action_about_which_the_projects_policies_say_who_decides(
    tiers: dict[str, Any], check_steps: Check
):
    policies = {**(SHOP.policies or {}), "autonomy": AutonomyPolicy.model_validate(tiers)}
    assert check_steps("act: refund", surroundings=replace(SHOP, policies=policies)) == []


def test_marketing_without_a_policy_of_consent(check_steps: Check):
    lax = replace(SHOP, policies={"discount_cap": DiscountCapPolicy()})
    assert check_steps(SEND, surroundings=lax) == [
        "6:5: marketing over push with no policy that asks for consent (add 'consent: {}' to policies.yaml)"
    ]
    assert check_steps(f"{SEND}\n    purpose: transactional", surroundings=lax) == []
    assert check_steps(SEND, surroundings=lax, head=f"policies: {{consent: {{}}}}\n{HEAD}") == []


def test_a_journeys_own_cap_is_the_stricter_one(check_steps: Check):
    step = f"{SEND}\n    offer: {{discount: 12%}}"
    assert check_steps(step, head=f"policies: {{discount_cap: {{most: 10%, group: brand}}}}\n{HEAD}") == [
        "9:13: a discount of 12 % is above the cap of 10 %"
    ]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("{group: brnd, tiers: []}", "2:14: sojourn.yaml has nobody in the group 'brnd' (did you mean 'brand'?)"),
        ("{group: brand, tiers: [{tier: full, tool: refnd}]}", "2:49: sojourn.yaml sets up no tool 'refnd'"),
        ("{group: brand, tiers: [{tier: human, channel: smss}]}", "2:50: sojourn.yaml sets up no channel 'smss'"),
        ("{group: brand, tiers: [{tier: human, journey: jj}]}", "2:50: there is no journey 'jj'"),
    ],
)
def test_what_own_policies_name_is_there(said: str, problem: str, check_steps: Check):
    [told] = check_steps(SEND, head=f"policies:\n  autonomy: {said}\n{HEAD}")
    assert told.startswith(problem)


def test_a_budget_says_the_costs_of_channels_that_are_there(check_steps: Check):
    [told] = check_steps(SEND, head=f"budget: {{money: 5 EUR, costs: {{smss: 0.1 EUR}}}}\n{HEAD}")
    assert told.startswith("1:32: sojourn.yaml sets up no channel 'smss'")


def test_own_policies_are_checked(check_steps: Check):
    head = f"policies:\n  consnt: {{}}\n  quiet_hours: {{form: '21:00'}}\n{HEAD}"
    assert check_steps(SEND, head=head) == [
        "2:3: unknown policy 'consnt' (did you mean 'consent'?)",
        "3:17: unknown key 'form' (did you mean 'from'?)",
    ]


@pytest.mark.parametrize(
    ("key", "column"),
    [
        ("customer.login", 38),
        ("customer.email", 38),
        ("event.product_id + start.phone_number", 54),
        ("customer.firstName", 38),
        ("customer.birthDate", 38),
    ],
)
def test_personal_data_in_a_key(key: str, column: int, check: Check):
    journey = f"journey: j\nowner: o\nstart: {{event: Viewed, key: {key}}}\nsteps: [{{wait: 1h}}]\n"
    told = f"3:{column}: '{key.split(' + ')[-1]}' tells who the customer is (take an id instead)"
    assert told in check(journey)


@pytest.mark.parametrize("key", ["customer.email_id", "event.product_id", "event.name", "customer.id"])
def test_ids_in_a_key(key: str, check: Check):
    assert check(f"journey: j\nowner: o\nstart: {{event: Viewed, key: {key}}}\nsteps: [{{wait: 1h}}]\n") == []


@pytest.mark.parametrize(
    ("name", "circle"),
    [("j", "j runs j"), ("between", "j runs between runs j"), ("back", "j runs back runs between runs j")],
)
def test_journeys_that_run_each_other_in_a_circle(name: str, circle: str, check_steps: Check):
    assert check_steps("wait: 1h", f"run: {name}") == [f"7:5: these journeys run each other in a circle: {circle}"]


def test_content_shows_of_the_run_what_a_step_leaves_there(check_steps: Check):
    shop = replace(SHOP, shown={"hello": frozenset({"colour", "voucher"})})
    voucher = "id: voucher\n    act: coupon\n    with: {discount: '10.0'}"
    assert check_steps(voucher, "set: {run.colour: \"'red'\"}", SEND, surroundings=shop) == []
    assert check_steps(voucher, "set: {run.color: \"'red'\"}", SEND, surroundings=shop) == [
        "11:5: no step of this journey sets what 'hello' shows of the run: 'colour' (did you mean 'color'?)"
    ]
