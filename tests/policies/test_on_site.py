"""What may be shown to a customer who is at work in the product."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from policies.critical_workflow import CriticalWorkflowPolicy
from policies.model import Action, Contact, Facts, Hold, rule
from policies.prompts_per_session import PromptsPerSessionPolicy

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def facts(channel: str, *shown_minutes_ago: int, **attributes: Any) -> Facts:
    """A tooltip, say, about to be shown at noon, after others some minutes ago."""
    return Facts(
        now=NOON,
        action=Action(journey="j", step_id="s", channel=channel, purpose="marketing", content="c"),
        time_zone=None,
        contacts=tuple(
            Contact(channel="tooltip", purpose="marketing", at=NOON - timedelta(minutes=ago))
            for ago in sorted(shown_minutes_ago, reverse=True)
        ),
        attributes=attributes,
    )


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (facts("tooltip"), "allow"),
        (facts("tooltip", 3, 8), "allow"),
        (facts("tooltip", 3, 8, 20), "deny"),
        (facts("checklist", 3, 8, 20), "deny"),
        (facts("email", 3, 8, 20), "allow"),
        (facts("tooltip", 31, 35, 40), "allow"),
        (facts("tooltip", 31, 35, 40, session_started_at="2026-03-02T11:00:00+00:00"), "deny"),
        (facts("tooltip", 3, 8, 20, session_started_at="2026-03-02T11:50:00+00:00"), "allow"),
        (facts("tooltip", 3, 8, 20, session_started_at="rubbish"), "deny"),
    ],
)
def test_at_most_three_prompts_a_session(given: Facts, verdict: str):
    assert PromptsPerSessionPolicy().judge(given).verdict == verdict


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (facts("tooltip", in_critical_workflow=True), "hold"),
        (facts("tooltip", in_critical_workflow=False), "allow"),
        (facts("tooltip", in_critical_workflow="true"), "allow"),
        (facts("email", in_critical_workflow=True), "allow"),
        (facts("tooltip"), "allow"),
    ],
)
def test_nothing_interrupts_a_critical_workflow(given: Facts, verdict: str):
    assert CriticalWorkflowPolicy().judge(given).verdict == verdict


def test_what_waits_for_the_customer_is_held_and_looked_at_again_and_not_given_up():
    verdict = rule([CriticalWorkflowPolicy()], facts("tooltip", in_critical_workflow=True)).verdict
    assert isinstance(verdict, Hold)
    assert verdict.until == NOON + timedelta(minutes=15)
