import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.discount_cap import DiscountCapPolicy
from policies.model import Allow, Deny, NeedsApproval, Verdict
from tests.policies.conftest import facts

POLICY = DiscountCapPolicy(most=15, approval_above=5, group="marketing")


def asks(percent: str) -> NeedsApproval:
    return NeedsApproval(group="marketing", reason=f"a discount of {percent} % is above 5 %")


def denies(percent: str) -> Deny:
    return Deny(reason=f"a discount of {percent} % is above the cap of 15 %")


@pytest.mark.parametrize(
    ("discount", "approved", "verdict"),
    [
        (None, False, Allow()),
        (1, False, Allow()),
        (5, False, Allow()),
        (5.1, False, asks("5.1")),
        (10, False, asks("10")),
        (10, True, Allow()),
        (15, False, asks("15")),
        (15, True, Allow()),
        (15.1, False, denies("15.1")),
        (15.1, True, denies("15.1")),
        (100, True, denies("100")),
    ],
)
def test_a_discount_is_free_then_asked_for_then_denied(discount: float | None, approved: bool, verdict: Verdict):
    assert POLICY.judge(facts(discount=discount, approved=approved)) == verdict


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.floats(0.01, 100), st.booleans())
def test_no_discount_above_the_cap_is_ever_allowed_whoever_approves(
    discount: float, most: float, approval_above: float, approved: bool
):
    policy = DiscountCapPolicy(most=most, approval_above=approval_above)
    verdict = policy.judge(facts(discount=discount, approved=approved))

    assert isinstance(verdict, Deny) == (discount > most)


@pytest.mark.parametrize(("discount", "kind"), [(15, Allow), (16, Deny)])
def test_a_coupon_is_made_unasked_up_to_the_cap_for_the_message_that_brings_it_asks(
    discount: float, kind: type[Verdict]
):
    assert isinstance(POLICY.judge(facts(discount=discount, about={"tool": "coupon"})), kind)
