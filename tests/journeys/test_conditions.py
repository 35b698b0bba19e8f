from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.conditions import check_condition, holds, value

NOW = datetime(2026, 3, 3, 14, tzinfo=UTC)
SCOPE: dict[str, Any] = {
    "event": {"name": "Order Completed", "total": 42.5, "products": [{"product_id": "a"}, {"product_id": "b"}]},
    "start": {"product_id": "b", "price": 20},
    "customer": {"tier": "gold", "tags": ["vip"]},
    "run": {"reminder": {"opened": True, "clicked": False}},
    "now": NOW,
}

data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("condition", "true"),
    [
        ("true", True),
        ("run.reminder.opened && !run.reminder.clicked", True),
        ("run.reminder.clicked", False),
        ("event.products.exists(p, p.product_id == start.product_id)", True),
        ("event.products.all(p, p.product_id == start.product_id)", False),
        ("event.products.filter(p, p.product_id == 'a').size() == 1", True),
        ("event.products.map(p, p.product_id) == ['a', 'b']", True),
        ("event.total > 40.0", True),
        ("event.total > 50.0", False),
        ("'vip' in customer.tags", True),
        ("customer.tier == 'gold' ? start.price > 10 : false", True),
        ("now > timestamp('2026-03-03T13:00:00Z')", True),
        ("has(event.coupon)", False),
        ("!has(event.coupon)", True),
    ],
)
def test_a_condition_holds_or_does_not(condition: str, true: bool):
    assert holds(check_condition(condition), SCOPE) is true


@pytest.mark.parametrize(
    "condition",
    [
        "event.missing",
        "event.missing == 'x'",
        "run.second_look.opened",
        "customer.address.city == 'Hamburg'",
        "event.total > 'forty'",
        "event.name + 1 == 2",
        "start.price / 0 == 1",
        "event.products[7].product_id == 'a'",
        "timestamp('no time') < now",
        "event.name",
        "1",
        "int('99999999999999999999') > 0",
    ],
)
def test_what_is_missing_of_a_wrong_type_or_no_truth_value_is_false(condition: str):
    assert holds(check_condition(condition), SCOPE) is False


@given(
    st.sampled_from(
        ["event.a == start.a", "event.a > 1", "event.exists(k, k == 'a')", "event.a.b.c", "-event.a > 0"]
    ),
    st.dictionaries(st.sampled_from(["a", "b"]) | st.text(max_size=5), data),
)
def test_no_event_can_make_a_condition_fail(condition: str, properties: dict[str, Any]):
    assert holds(condition, {**SCOPE, "event": properties, "start": properties}) in (True, False)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("run.a &&", r"the condition 'run.a &&' does not compile: Syntax error: mismatched input '<EOF>'"),
        ("event.price = 3", "does not compile: Syntax error: token recognition error at: '= '"),
        ("", "does not compile"),
        ("custmer.tier == 'gold'", "uses 'custmer'; it may use event, start, customer, run, now"),
        ("event.products.exists(p, q.product_id == 'a')", "uses 'q'"),
        ("p == 1 && event.products.exists(q, q == p)", "uses 'p'"),
    ],
)
def test_a_condition_that_cannot_be_is_refused_with_the_place(condition: str, message: str):
    with pytest.raises(ValueError, match=message):
        check_condition(condition)


def test_an_expression_gives_its_value_and_nothing_when_something_is_missing():
    assert value("start.product_id", SCOPE) == "b"
    assert value("start.sku", SCOPE) is None


@given(st.text(max_size=30) | st.text("event.(){}[]&|!='\"+-*/<>?:1a, ", max_size=30))
def test_any_text_is_a_condition_or_is_refused(text: str):
    try:
        condition = check_condition(text)
    except ValueError:
        return

    assert holds(condition, SCOPE) in (True, False)
