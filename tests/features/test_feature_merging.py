"""Features do not hang on the order of events, and those of two customers become those of one."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import to_json

from learning.features.document import fold_all, merge_features, view
from learning.features.observed import Observed
from tests.features.conftest import NOON, event

LARGEST = 48 * 1024
"""Bytes that a document has at the most; docs/features.md promises it."""

_days = st.integers(0, 90 * 24).map(lambda hours: hours / 24)
_products = st.sampled_from(["p1", "p2", "p3"])
_shop_events = st.one_of(
    st.builds(lambda days, p: event("Product Viewed", days, product_id=p, category=f"c{p}"), _days, _products),
    st.builds(
        lambda name, days, total, currency: event(name, days, total=total, currency=currency),
        st.sampled_from(["Order Completed", "Order Refunded"]),
        _days,
        st.integers(0, 500),
        st.sampled_from(["EUR", "GBP", None]),
    ),
    st.builds(lambda days: event("Email Opened", days), _days),
)
_visits = st.builds(lambda days: event("Page Viewed", days, "/"), _days)


def flat(features: dict[str, Any]) -> dict[str, Any]:
    """What is seen of features, by path, so that numbers can be compared nearly."""
    found: dict[str, Any] = {}

    def walk(path: str, value: object) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(f"{path}.{key}", inner)
        else:
            found[path] = value

    walk("", view(features, NOON))
    return found


def same(one: dict[str, Any], other: dict[str, Any]) -> None:
    here, there = flat(one), flat(other)
    assert here.keys() == there.keys()
    for path, value in here.items():
        near = pytest.approx(value, abs=0.011) if isinstance(value, float) else value
        assert there[path] == near, path


@settings(max_examples=40)
@given(st.lists(_shop_events, max_size=25), st.randoms(use_true_random=False))
def test_the_order_in_which_events_come_does_not_matter(events: list[Observed], chance: Any) -> None:
    shuffled = list(events)
    chance.shuffle(shuffled)
    same(fold_all({}, events), fold_all({}, shuffled))


@settings(max_examples=40)
@given(st.lists(_shop_events, max_size=15), st.lists(_shop_events, max_size=15))
def test_two_customers_who_are_one_have_the_features_of_all_their_events(
    ones: list[Observed], others: list[Observed]
) -> None:
    merged = merge_features(fold_all({}, ones), fold_all({}, others))
    same(merged, fold_all({}, [*ones, *others]))


@settings(max_examples=40)
@given(*[st.lists(st.one_of(_shop_events, _visits), max_size=15)] * 2)
def test_it_does_not_matter_who_is_merged_into_whom(ones: list[Observed], others: list[Observed]) -> None:
    one, other = fold_all({}, ones), fold_all({}, others)
    same(merge_features(one, other), merge_features(other, one))


def test_the_carts_of_two_devices_are_one_cart_after_the_last_order() -> None:
    phone = fold_all({}, [event("Product Added", 3, product_id="old", price=1)])
    laptop = [event("Order Completed", 2, total=5), event("Product Added", 1, product_id="new", price=7)]
    cart = view(merge_features(phone, fold_all({}, laptop)), NOON)["cart"]
    assert (cart["products"], cart["value"]) == (["new"], 7)


def test_a_document_stays_small_whatever_happens() -> None:
    events = [
        event(f"Event {number % 70} {'x' * 60}", number / 24, f"/{'y' * 150}", product_id=f"product-{number}",
              category=f"category-{number}", order_id=f"order-{number}", total=12.34, price=9.99)
        for number in range(2400, 0, -1)
    ]  # fmt: skip
    bought = [event(name, e_number / 3, product_id=f"{'p' * 90}{e_number}", category=f"{'c' * 90}{e_number}",
                    order_id=f"{'o' * 90}{e_number}", total=1234567.89, price=99999.99)
              for e_number in range(900, 0, -1) for name in ("Order Completed", "Product Added")]  # fmt: skip
    assert len(to_json(fold_all({}, [*events, *bought]))) < LARGEST
