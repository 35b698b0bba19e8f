"""The bank's example: who must agree before a change of it goes live."""

from pathlib import Path

import pytest

from content.library import load_library
from content.review import touches as content_touches
from journeys.loader import load_journey
from journeys.review import touches as journey_touches
from policies.registry import load_policies
from policies.review import touches as policies_touch
from project.model import read_project

FINANCE = Path(__file__).parents[2] / "examples" / "finance"
REVIEW = read_project(FINANCE).review


@pytest.mark.parametrize(
    ("was", "becomes", "groups"),
    [
        ("amount_up_to: 50 GBP", "amount_up_to: 80 GBP", {"compliance"}),
        ("most: 15%", "most: 20%", {"pricing"}),
        ('to: "08:00"', 'to: "07:00"', {"compliance"}),
        ("# Offers never come at night.", "# No offer comes at night.", set[str]()),
    ],
)
def test_whoever_has_a_limit_agrees_to_another(was: str, becomes: str, groups: set[str]):
    text = (FINANCE / "policies.yaml").read_text(encoding="utf-8")
    changed = text.replace(was, becomes)
    old, new = (load_policies(Path("policies.yaml"), each) for each in (text, changed))
    assert {REVIEW[area] for area in policies_touch(old, new)} == groups


@pytest.mark.parametrize(
    ("was", "becomes", "groups"),
    [
        ("discount: 5%", "discount: 8%", {"pricing"}),
        ("planner: sampler", "planner: random", {"compliance"}),
        ("wait: 14d", "wait: 10d", set[str]()),
    ],
)
def test_a_journey_that_says_no_more_than_before_needs_nobody(
    was: str, becomes: str, groups: set[str], tmp_path: Path
):
    file = FINANCE / "journeys" / "rate-ending.yaml"
    changed = tmp_path / file.name
    changed.write_text(file.read_text(encoding="utf-8").replace(was, becomes), encoding="utf-8")
    assert {REVIEW[area] for area in journey_touches(load_journey(file), load_journey(changed))} == groups


def test_a_content_with_an_offer_is_for_pricing_and_one_that_is_no_marketing_for_compliance():
    variants = {entry.place: entry.variant for entry in load_library(FINANCE).entries}
    asked = {place: {REVIEW[area] for area in content_touches(variant)} for place, variant in variants.items()}
    assert asked["lower-fee", "email"] == {"pricing"}
    assert asked["fee-refunded", "inbox"] == {"compliance"}
    assert asked["rate-talk", "email"] == set()
