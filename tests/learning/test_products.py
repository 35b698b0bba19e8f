"""What customers touch together, and what is touched most of late."""

from learning.products import Key, Touches, trend

DAY = 86_400
NOW = 1_000 * DAY


def looks(*products: tuple[str, int]) -> Touches:
    """One customer who looked at products at moments."""
    touches, known = Touches(), dict[Key, int]()
    for product, at in products:
        touches.add(known, "Product Viewed", {"product_id": product}, at)
    return touches


def test_products_that_one_customer_looked_at_within_a_month_are_a_pair_both_ways():
    touches = looks(("tent", NOW), ("mat", NOW + 5), ("boots", NOW + 40 * DAY))

    assert touches.pairs == {("mat", "tent", "viewed"): 1, ("tent", "mat", "viewed"): 1}


def test_a_customer_counts_once_however_often_they_look_and_however_often_it_is_read():
    touches = looks(("tent", NOW), ("mat", NOW), ("tent", NOW + 60), ("mat", NOW + DAY), ("tent", NOW))

    assert touches.customers == {("tent", "viewed"): 1, ("mat", "viewed"): 1}
    assert set(touches.pairs.values()) == {1}
    assert touches.moments == {("tent", "viewed"): [NOW], ("mat", "viewed"): [NOW, NOW + DAY]}


def test_all_products_of_an_order_are_bought_together():
    touches = Touches()
    order = {"products": [{"product_id": "tent"}, {"product_id": "mat"}, {"sku": "pegs"}]}

    touches.add({}, "Order Completed", order, NOW)

    assert len(touches.pairs) == 6
    assert touches.pairs["pegs", "tent", "bought"] == 1


def test_what_is_no_touch_of_a_product_counts_nothing():
    touches = Touches()

    touches.add({}, "Page Viewed", {"product_id": "tent"}, NOW)

    assert touches == Touches()


def test_of_two_trends_the_fresher_overtakes_the_larger_and_the_order_of_touches_does_not_matter():
    old = trend(None, [NOW - 30 * DAY] * 4)
    fresh = trend(None, [NOW, NOW - DAY])

    assert fresh[2] > old[2]
    assert trend(fresh[:2], [NOW - 2 * DAY])[0] == trend(trend(None, [NOW - 2 * DAY])[:2], [NOW, NOW - DAY])[0]
