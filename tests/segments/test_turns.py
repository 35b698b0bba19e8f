"""When a condition changes its answer by time alone: to the second where that can be worked out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.conditions import holds
from learning.features.document import fold_all
from learning.features.observed import Observed, Visit
from learning.features.sight import see
from learning.features.turns import turns

NOW = datetime(2035, 1, 8, 12, 0, tzinfo=UTC)
ATTRIBUTES = {"trial_ends": "2035-01-10T12:00:00Z", "plan": "pro"}


def ago(**spans: float) -> int:
    return int((NOW - timedelta(**spans)).timestamp())


def sees(condition: str, features: dict[str, Any], at: datetime) -> bool:
    return holds(condition, {"customer": see(ATTRIBUTES, features, at, None), "now": at})


def changes(condition: str, *events: Observed) -> list[timedelta]:
    """How long after now the answer changes, at the moments that are worth a look."""
    features = fold_all({}, events)
    scope = {"customer": see(ATTRIBUTES, features, NOW, None), "now": NOW}
    before, found = sees(condition, features, NOW), list[timedelta]()
    for seconds in sorted({at for at in turns(condition, scope, features, NOW) if at > NOW.timestamp()}):
        at = datetime.fromtimestamp(seconds, UTC)
        if sees(condition, features, at) != before:
            before = not before
            found.append(at - NOW)
    return found


VIEWED = Observed("Product Viewed", ago(hours=1), {}, Visit("/"))
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("customer.session.days_since > 30", [timedelta(days=30) - timedelta(hours=1) + SECOND]),
        ("customer.session.days_since >= 30", [timedelta(days=30) - timedelta(hours=1)]),
        ("30 < customer.session.days_since && customer.plan == 'pro'", [timedelta(days=29, hours=23) + SECOND]),
        (
            "customer.session.days_since > 30 && customer.session.days_since < 31",
            [timedelta(days=29, hours=23) + SECOND, timedelta(days=30, hours=23)],
        ),
        ("customer.events['Product Viewed'].last_24h > 0", [timedelta(hours=23)]),
        ("customer.events['Product Viewed'].last_7d > 0", [timedelta(days=6, hours=12)]),
        ("now > timestamp(customer.trial_ends)", [timedelta(days=2) + SECOND]),
        ("timestamp(customer.trial_ends) - now <= duration('24h')", [timedelta(days=1)]),
        ("now - timestamp(customer.session.last_at) > duration('3h')", [timedelta(hours=2) + SECOND]),
        ("customer.session.days_since + 1.0 > 31.0", [timedelta(days=29, hours=23) + SECOND]),
        ("customer.plan == 'pro' && customer.session.count > 0", []),
        ("has(customer.trial_ends)", []),
    ],
)
def test_the_moment_is_worked_out(condition: str, expected: list[timedelta]) -> None:
    assert changes(condition, VIEWED) == expected


def test_a_window_over_messages_runs_out_too() -> None:
    opened = Observed("Email Opened", ago(days=1), {}, None)
    assert changes("customer.messages.email.opened.last_7d > 0", opened) == [timedelta(days=5, hours=12)]


def test_a_visit_is_over_after_half_an_hour() -> None:
    assert changes("customer.session.active", Observed("Page Viewed", ago(minutes=10), {}, Visit("/"))) == [
        timedelta(minutes=20, seconds=1)
    ]


def test_a_cart_that_is_left_alone_is_noticed_to_the_second() -> None:
    added = Observed("Product Added", ago(minutes=30), {"product_id": "tent", "price": 9}, None)
    assert changes("customer.cart.open && customer.cart.hours_since >= 2", added) == [timedelta(minutes=90)]


@pytest.mark.parametrize(
    ("condition", "after"),
    [
        ("now.getHours() == 9", timedelta(hours=1)),
        ("customer.session.days_since * 2.0 > 60.0", timedelta(hours=1)),
        ("customer.scores.churn > 0.5", timedelta(days=1)),
    ],
)
def test_what_cannot_be_worked_out_is_looked_at_again(condition: str, after: timedelta) -> None:
    features = fold_all({}, [VIEWED])
    scope = {"customer": see(ATTRIBUTES, features, NOW, None), "now": NOW}
    assert list(turns(condition, scope, features, NOW)) == [int((NOW + after).timestamp())]


_EVENTS = st.lists(
    st.builds(
        lambda name, seconds, page: Observed(
            name, ago(seconds=seconds), {"total": 5}, Visit("/") if page else None
        ),
        st.sampled_from(["Product Viewed", "Order Completed"]),
        st.integers(0, 40 * 86400),
        st.booleans(),
    ),
    max_size=8,
)
_CONDITIONS = st.sampled_from(
    [
        "customer.events['Product Viewed'].last_7d >= 2",
        "customer.events['Product Viewed'].last_24h == 1",
        "customer.orders.last_30d > 1 || customer.session.active",
        "customer.orders.days_since > 3 && !(customer.orders.days_since > 7.5)",
        "now - timestamp(customer.events['Order Completed'].last_at) > duration('100h')",
    ]
)


@given(_EVENTS, _CONDITIONS, st.lists(st.integers(1, 45 * 86400), max_size=20))
def test_between_two_moments_the_answer_stays(events: list[Observed], condition: str, later: list[int]) -> None:
    features = fold_all({}, events)
    scope = {"customer": see(ATTRIBUTES, features, NOW, None), "now": NOW}
    start = int(NOW.timestamp())
    moments = sorted({at for at in turns(condition, scope, features, NOW) if at > start})
    for ahead in later:
        at = start + ahead
        last = max([moment for moment in moments if moment <= at], default=start)
        then, there = (datetime.fromtimestamp(seconds, UTC) for seconds in (last, at))
        assert sees(condition, features, then) == sees(condition, features, there)
