"""Features: what each event does to them, and what is seen of them at a moment."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic_core import to_json

from learning.features.document import fold, fold_all, view
from learning.features.observed import Observed
from learning.features.orders import MOST_CURRENCIES
from tests.features.conftest import NOON, event, minutes


def seen(*events: Observed, days_later: float = 0) -> dict[str, Any]:
    return view(fold_all({}, events), NOON + timedelta(days=days_later))


def test_a_document_that_is_folded_into_stays_as_it_was() -> None:
    before = fold({}, event("Product Viewed", product_id="p1", category="shoes"))
    kept = to_json(before)
    fold(before, event("Product Viewed", product_id="p1", category="shoes"))
    assert to_json(before) == kept


def test_events_are_counted_by_name_and_window() -> None:
    ago = (0, 0.5, 3, 10, 50)
    views = seen(*(event("Product Viewed", days) for days in ago))["events"]["Product Viewed"]
    assert {key: views[key] for key in ("count", "last_24h", "last_7d", "last_30d")} == {
        "count": 5, "last_24h": 2, "last_7d": 3, "last_30d": 4,
    }  # fmt: skip
    assert (views["first_at"], views["last_at"]) == ("2026-04-26T12:00:00Z", "2026-06-15T12:00:00Z")


def test_windows_end_at_the_moment_that_is_asked_about_and_not_at_the_last_event() -> None:
    views = seen(event("Product Viewed"), days_later=8)["events"]["Product Viewed"]
    assert (views["last_7d"], views["last_30d"], views["days_since"]) == (0, 1, 8.0)


def test_an_event_that_never_happened_counts_zero_where_it_is_asked_for() -> None:
    counted = view({}, NOON, {"events": ["Product Viewed"]})["events"]
    assert counted == {"Product Viewed": {"count": 0, "last_24h": 0, "last_7d": 0, "last_30d": 0}}


def test_only_what_is_asked_for_is_seen() -> None:
    features = fold_all({}, [event("Product Viewed"), event("Order Completed", total=10)])
    assert list(view(features, NOON, {"events": ["Product Viewed"]})["events"]) == ["Product Viewed"]
    assert list(view(features, NOON, {"orders": ()})) == ["orders"]


def test_a_visit_has_pages_a_time_on_site_and_where_it_came_from() -> None:
    session = seen(
        event("Page Viewed", minutes(40), "/", "search.example"),
        event("Product Viewed", minutes(35), "/shoes/p1"),
        event("Page Viewed", minutes(20), "/cart"),
    )["session"]
    assert {k: session[k] for k in ("pages", "seconds", "entry", "page", "referrer", "active", "count")} == {
        "pages": 2, "seconds": 1200, "entry": "/", "page": "/cart", "referrer": "search.example", "active": True,
        "count": 1,
    }  # fmt: skip


def test_after_half_an_hour_without_anything_a_visit_is_over_and_the_next_one_begins() -> None:
    visits = [event("Page Viewed", minutes(m), f"/{m}") for m in (100, 90, 50)]
    session = seen(*visits)["session"]
    assert (session["count"], session["entry"], session["seconds"], session["total_seconds"]) == (2, "/50", 0, 600)
    assert session["active"] is False


def test_an_event_of_an_earlier_visit_that_comes_late_leaves_the_present_one_alone() -> None:
    now = event("Page Viewed", 0, "/now")
    assert seen(now, event("Page Viewed", 2, "/then"))["session"] == seen(now)["session"]


def test_interests_fade_and_each_category_has_a_share() -> None:
    interests = seen(
        event("Product Viewed", 14, product_id="p1", category="shoes"),
        event("Product Viewed", 0, product_id="p2", category="hats"),
    )["interests"]
    assert interests["categories"] == pytest.approx({"shoes": 1 / 3, "hats": 2 / 3})
    assert (interests["products"], interests["last_product"], interests["top_category"]) == (
        ["p2", "p1"], "p2", "hats",
    )  # fmt: skip


def test_a_purchase_tells_more_of_an_interest_than_a_look() -> None:
    bought = event("Order Completed", total=9, products=[{"product_id": "p1", "category": "shoes"}])
    interests = seen(*(event("Product Viewed", category="hats", product_id="h") for _ in range(3)), bought)
    assert interests["interests"]["top_category"] == "shoes"


def test_the_cart_holds_what_was_added_and_not_removed() -> None:
    cart = seen(
        event("Product Added", 0.2, product_id="p1", price=10.5, quantity=2),
        event("Product Added", 0.1, product_id="p2", price=5),
        event("Product Removed", 0.1, product_id="p1", quantity=1),
    )["cart"]
    assert {key: cart[key] for key in ("open", "items", "value")} == {"open": True, "items": 2, "value": 15.5}


def test_an_order_empties_the_cart_and_a_late_addition_does_not_fill_it_again() -> None:
    late = event("Product Added", 1, product_id="p1", price=10)
    cart = seen(event("Order Completed", 0.5, total=10), late)["cart"]
    assert (cart["open"], cart["value"]) == (False, 0)


def test_what_the_site_shows_as_its_cart_replaces_what_was_known() -> None:
    cart = seen(
        event("Product Added", 1, product_id="p1", price=10),
        event("Cart Viewed", 0.5, products=[{"product_id": "p2", "price": 3, "quantity": 2}]),
    )["cart"]
    assert (cart["products"], cart["value"]) == (["p2"], 6)


def test_orders_have_a_number_a_value_and_an_age() -> None:
    orders = seen(
        event("Order Completed", 200, total=100, coupon="SPRING"),
        event("Order Completed", 20, revenue="50.5"),
        event("Order Refunded", 10, total=20),
    )["orders"]
    told = ("count", "value", "average", "refunded", "discounted", "last_30d", "last_365d", "days_since")
    assert [orders[key] for key in told] == [2, 130.5, 75.25, 20, 1, 1, 2, 20]


def test_what_was_spent_is_kept_apart_by_currency_and_apart_from_what_names_none() -> None:
    orders = seen(
        event("Order Completed", 3, total=100, currency="EUR"),
        event("Order Completed", 2, total=40.5, currency="gbp"),
        event("Order Completed", 2, total=7),
        event("Order Completed", 2, total=5, currency="euros"),
        event("Order Refunded", 1, total=30, currency="EUR"),
        event("Order Refunded", 1, total=40.5, currency="GBP"),
    )["orders"]
    assert (orders["value"], orders["spent"]) == (82, {"EUR": 70, "": 12})


def test_orders_that_were_folded_before_currencies_were_kept_apart_name_none() -> None:
    before = fold_all({}, [event("Order Completed", 9, total=100, currency="EUR")])
    del before["orders"]["spent"]
    assert view(before, NOON)["orders"]["spent"] == {"": 100}
    after = fold(before, event("Order Completed", 1, total=20, currency="EUR"))
    assert view(after, NOON)["orders"]["spent"] == {"EUR": 20, "": 100}


def test_of_many_currencies_the_first_are_kept_apart() -> None:
    letters = [event("Order Completed", total=1, currency=f"X{a}{b}") for a in "ABCDE" for b in "ABCDE"]
    spent = seen(*letters)["orders"]["spent"]
    assert (len(spent), spent[""]) == (MOST_CURRENCIES + 1, 25 - MOST_CURRENCIES)


def test_an_order_that_is_told_of_twice_is_one() -> None:
    twice = [event("Order Completed", order_id="o-1", total=10) for _ in range(2)]
    assert seen(*twice)["orders"]["count"] == 1


@pytest.mark.parametrize("amount", ["free", None, True, [1], "1e400", float("inf")])
def test_an_amount_that_is_no_number_counts_as_nothing(amount: object) -> None:
    orders = seen(event("Order Completed", total=amount))["orders"]
    assert (orders["count"], orders["value"]) == (1, 0)
