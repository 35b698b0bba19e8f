"""The coupon tool: a code that a shop can check, the same for the same action."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from activities.tools.coupon import Coupon, CouponArguments

NOW = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
TEN = {"discount": 10}


async def code(tool: Coupon, given: dict[str, Any], customer: str = "c_1", action: str = "d_1") -> object:
    return (await tool.do(given, customer, action, NOW))["code"]


async def test_a_coupon_says_its_code_its_discount_and_its_end():
    made = await Coupon(prefix="SHOP", seed="secret").do(TEN, "c_1", "d_1", NOW)
    assert str(made["code"]).startswith("SHOP-")
    assert (made["discount"], made["expires_at"]) == (10, "2026-03-09T11:00:00+00:00")


async def test_the_same_action_makes_the_same_code_and_anything_else_another():
    tool = Coupon(seed="secret")
    first = await code(tool, TEN)
    assert await code(tool, TEN) == first
    others = {
        await code(tool, {"discount": 15}),
        await code(tool, TEN, customer="c_2"),
        await code(tool, TEN, action="d_2"),
        await code(Coupon(seed="another"), TEN),
    }
    assert len(others | {first}) == 5


@pytest.mark.parametrize(
    "wrong", [{"discount": 0}, {"discount": 101}, {"discount": 10, "days": 0}, {}, {"off": 5}]
)
def test_a_discount_that_makes_no_sense_is_no_coupon(wrong: dict[str, Any]):
    with pytest.raises(ValidationError):
        CouponArguments.model_validate(wrong)
