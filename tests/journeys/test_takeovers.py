"""Why a condition is not true, told with what stood in it."""

from typing import Any

import pytest

from journeys.evidence import why_not_true

SCOPE: dict[str, Any] = {
    "event": {"price": 20, "name": "Product Viewed"},
    "customer": {"plan": "free", "orders": {"count": 0}},
}


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("event.price > 10", []),
        ("event.price > 100", ["'event.price > 100' is not true: event.price is 20"]),
        (
            "event.price > 10 && customer.plan == 'pro'",
            ["'customer.plan == 'pro'' is not true: customer.plan is 'free'"],
        ),
        (
            "event.price > 100 && customer.orders.count > 0",
            [
                "'event.price > 100' is not true: event.price is 20",
                "'customer.orders.count > 0' is not true: customer.orders.count is 0",
            ],
        ),
        ("customer.vip", ["'customer.vip' is not true: customer.vip is missing"]),
        (
            "customer.vip || event.price > 99",
            ["'customer.vip || event.price > 99' is not true: customer.vip is missing, event.price is 20"],
        ),
        ("false", ["'false' is not true"]),
    ],
)
def test_the_parts_that_are_not_true_are_told_with_their_values(source: str, why: list[str]) -> None:
    assert why_not_true(source, SCOPE) == why
