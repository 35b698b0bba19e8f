"""Assignment is sticky, agrees with every other implementation of the hash, and follows the weights."""

from collections import Counter

import pytest

from journeys.assignment import arm_of, share
from journeys.steps import Arm
from journeys.usual import goes_as_usual

ARMS = [Arm(arm="a", weight=1), Arm(arm="b", weight=3)]


@pytest.mark.parametrize(("seed", "unit", "bucket"), [("holdout", "1", 0.8043), ("experiment", "1", 0.4413)])
def test_the_share_is_what_growthbook_publishes(seed: str, unit: str, bucket: float):
    """`bucket` of hash version 2 in `tests/cases.json` of growthbook/growthbook-python, the cases "Support
    holdout groups" and "Support passthrough variations"."""
    assert share(seed, unit) == bucket


@pytest.mark.parametrize(
    ("seed", "unit", "share_"),
    [
        ("seed", "a", 0.0505),
        ("seed", "b", 0.2696),
        ("foo", "ab", 0.2575),
        ("foo", "def", 0.2019),
        ("89123klj", "8952klfjas09ujkasdf", 0.124),
        ("90850943850283058242805", "123", 0.7516),
        ("()**(%$##$%#$#", '___)((*":&', 0.0128),
    ],
)
def test_the_hash_has_growthbooks_test_vectors(seed: str, unit: str, share_: float):
    """All of version 2 under `hash` in the same file, which every SDK of GrowthBook is tested with."""
    assert share(seed, unit) == share_


def test_the_share_lies_where_growthbook_says():
    """The cases "Force rule, hash version 2" and "Force rule, use seed with range" of the same file."""
    assert 0.96 <= share("feature", "1") < 0.97
    assert share("fjdslafdsa", "1") < 0.5


def test_arms_take_the_ranges_that_growthbook_gives_to_weights():
    """`getBucketRange` in the same file, "uneven weights, 3 variations": 0 to 0.2, to 0.5, to 1."""
    arms = [Arm(arm=name, weight=weight) for name, weight in (("a", 2), ("b", 3), ("c", 5))]
    for number in range(1000):
        where = share("subject", f"c_{number}")
        wanted = "a" if where < 0.2 else "b" if where < 0.5 else "c"
        assert arm_of("subject", f"c_{number}", arms).arm == wanted


def test_customers_divide_by_the_weights():
    arms = Counter(arm_of("subject", f"c_{number}", ARMS).arm for number in range(20_000))
    assert arms["a"] / 20_000 == pytest.approx(0.25, abs=0.01)


def test_experiments_divide_customers_independently():
    both = Counter((arm_of("one", f"c_{n}", ARMS).arm, arm_of("two", f"c_{n}", ARMS).arm) for n in range(20_000))
    assert both["a", "a"] / 20_000 == pytest.approx(1 / 16, abs=0.01)


def test_more_arms_at_the_end_never_move_a_customer_back_to_an_earlier_one():
    for number in range(1000):
        before = arm_of("subject", f"c_{number}", ARMS)
        after = arm_of("subject", f"c_{number}", [*ARMS, Arm(arm="c", weight=4)])
        assert after.arm >= before.arm


def test_an_arm_without_weight_gets_nobody():
    arms = [Arm(arm="off", weight=0), Arm(arm="on")]
    assert {arm_of("subject", f"c_{number}", arms).arm for number in range(1000)} == {"on"}


def test_arms_without_any_weight_are_an_error():
    with pytest.raises(ValueError, match="no arm of 'subject' has a weight"):
        arm_of("subject", "c_1", [Arm(arm="a", weight=0), Arm(arm="b", weight=0)])


def test_a_share_goes_as_usual_for_ever_and_independently_of_every_other_journey():
    ids = [f"c_{number}" for number in range(20_000)]
    usual = {name: {each for each in ids if goes_as_usual(name, 10, each)} for name in ("winback", "welcome")}
    assert len(usual["winback"]) / 20_000 == pytest.approx(0.1, abs=0.01)
    assert len(usual["winback"] & usual["welcome"]) / 20_000 == pytest.approx(0.01, abs=0.003)
    assert usual["winback"] < {each for each in ids if goes_as_usual("winback", 20, each)}
    assert not any(goes_as_usual("winback", None, each) for each in ids)
