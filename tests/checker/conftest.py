"""Journeys as text, checked against a small project."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from pydantic import BaseModel

from journeys.checker import check_journey
from journeys.checking.surroundings import Surroundings, ToolFacts
from journeys.shapes import Shapes
from learning.planners.registry import planner_settings
from policies.consent import ConsentPolicy
from policies.discount_cap import DiscountCapPolicy
from policies.registry import known_policies

Check = Callable[..., list[str]]

HEAD = "journey: j\nowner: o@shop.example\nstart: {event: Viewed}\nlife: 10d\nsteps:\n"
"""Five lines, so that the first step stands in line 6."""


class CouponArguments(BaseModel):
    discount: float
    days: int = 7


SHAPES = Shapes.model_validate(
    {
        "events": {
            "Viewed": {
                "product_id": "string",
                "price": "number",
                "stock": "integer",
                "currency": {"type": "string", "enum": ["EUR", "USD"]},
                "seen_at": "timestamp",
                "tags": {"type": "list", "of": "string"},
            },
            "Bought": {"total": "number"},
        },
        "customer": {"tier": "string", "email_id": "string", "login": {"type": "string", "pii": True}},
    }
)

SHOP = Surroundings(
    journeys={"j": frozenset(), "other": frozenset(), "back": frozenset({"between"}), "between": frozenset({"j"})},
    contents={"hello": ("email", "push"), "deal": ("push",)},
    offering=frozenset({"deal"}),
    drafts=frozenset({"soon"}),
    channels=frozenset({"email", "push"}),
    tools={"coupon": ToolFacts(False, CouponArguments), "refund": ToolFacts(True, BaseModel)},
    planners=planner_settings(),
    unadvised=frozenset({"llm"}),
    groups={"brand": frozenset({"a@shop.example", "o@shop.example"}), "alone": frozenset({"o@shop.example"})},
    policies={"consent": ConsentPolicy(), "discount_cap": DiscountCapPolicy()},
    policy_kinds=known_policies(),
    shapes=SHAPES,
)


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """The problems of a journey with this text, each as `line:column: message (fix)`."""

    def checking(text: str, surroundings: Surroundings = SHOP) -> list[str]:
        file = tmp_path / "j.yaml"
        file.write_text(text, encoding="utf-8")
        return [str(problem).removeprefix(f"{file}:") for problem in check_journey(file, surroundings).problems]

    return checking


@pytest.fixture
def check_steps(check: Check) -> Check:
    """The same for steps, the first of which stands in line 6."""

    def checking(*steps: str, surroundings: Surroundings = SHOP, head: str = HEAD) -> list[str]:
        return check(head + _items(steps), surroundings)

    return checking


def _items(steps: Sequence[str]) -> str:
    return "".join(f"  - {step}\n" for step in steps)
