"""What expressions ask of a customer, what they then see, and what the checker knows of it."""

from typing import Any

import pytest

from journeys.checking.customer import customer_kind
from journeys.checking.kinds import BOOLEAN, Kind
from journeys.checking.meaning import judge
from journeys.conditions import holds
from journeys.features import FEATURES, asked_of
from journeys.shapes import Shapes
from learning.features.document import fold_all
from learning.features.sight import see
from tests.features.conftest import NOON, event

SHAPES = Shapes.model_validate(
    {"events": {"Product Viewed": {"product_id": "string"}}, "customer": {"tier": "string"}}
)

EVERYTHING = [
    event("Page Viewed", 1, "/", "search.example"),
    event("Product Viewed", 1, "/p", product_id="p1", category="shoes"),
    event("Order Completed", 20, total=10),
    event("Order Completed", 0.5, total=10),
    event("Email Opened", 1),
    event("Email Delivered", 1),
    event("Email Link Clicked", 1),
    event("Email Bounced", 1),
    event("Message Replied", 1, channel="email"),
    event("Product Added", 0.1, product_id="p1", price=10),
]


@pytest.mark.parametrize(
    ("sources", "asked"),
    [
        (["customer.tier == 'gold' && customer.orders.count > 2"], {"tier": (), "orders": ("count",)}),
        (["customer.events['Product Viewed'].last_7d > 2"], {"events": ("Product Viewed",)}),
        (["customer['tier'] == 'gold'"], {"tier": ()}),
        (["has(customer.bank)", "event.total > 3"], {"bank": ()}),
        (["customer.orders.count > 1", "size(customer.orders) > 1"], {"orders": ()}),
        (["customer.events[event.name].count > 1"], {"events": ()}),
        (["event.total > 3"], {}),
        (["customer[event.name] == 1"], None),
        (["size(customer) > 3"], None),
    ],
)
def test_what_expressions_name_of_the_customer_is_known(sources: list[str], asked: dict[str, Any] | None) -> None:
    assert asked_of(sources) == asked


@pytest.mark.parametrize("name", FEATURES)
def test_what_is_seen_is_what_the_language_says_there_is(name: str) -> None:
    features = fold_all({}, EVERYTHING)
    features["messages"]["sent"] = {"email": [int(NOON.timestamp())]}
    compare(FEATURES[name], see({}, features, NOON, {name: ()})[name])


def compare(kind: Kind, found: Any) -> None:
    """Whether a value is of a kind, with all its fields and no others."""
    if kind.fields:
        assert found.keys() == kind.fields.keys()
        for field, inner in kind.fields.items():
            compare(inner, found[field])
    elif kind.item:
        assert found, "there must be something to look at"
        for item in found.values() if isinstance(found, dict) else found:
            compare(kind.item, item)
    else:
        types = {"string": str, "boolean": bool, "integer": int, "number": int | float}
        assert isinstance(found, types[kind.name])


@pytest.mark.parametrize(
    "condition",
    [
        "customer.events['Product Viewed'].last_7d == 1",
        "customer.events['Never Seen'].count == 0",
        "customer.orders.count >= 1 && customer.orders.value == 20",
        "customer.cart.open && customer.cart.value > 9.5",
        "customer.interests.categories['shoes'] > 0.5",
        "customer.scores.churn < 0.5 && customer.scores.confidence.churn > 0.1",
        "customer.scores.best_hour.email >= 0",
        "timestamp(customer.session.last_at) < now",
        "'p1' in customer.cart.products",
    ],
)
def test_conditions_may_ask_for_features(condition: str) -> None:
    seen = see({"tier": "gold"}, fold_all({}, EVERYTHING), NOON, asked_of([condition]))
    assert holds(condition, {"customer": seen, "now": NOON})


def test_what_is_worked_out_goes_before_an_attribute_of_the_same_name() -> None:
    assert see({"orders": 7}, {}, NOON, {"orders": ()})["orders"]["count"] == 0


@pytest.mark.parametrize(
    ("condition", "message", "fix"),
    [
        ("customer.orders.cuont > 1", "'customer.orders' has no 'cuont'", "did you mean 'count'?"),
        ("customer.ordres.count > 1", "'customer' has no 'ordres'", "did you mean 'orders'?"),
        (
            "customer.events['Product Veiwed'].count > 1",
            "'customer.events' has no 'Product Veiwed'",
            "did you mean 'Product Viewed'?",
        ),
        (
            "customer.events['Product Viewed'].last_7 > 1",
            "'customer.events['Product Viewed']' has no 'last_7'",
            "did you mean 'last_7d'?",
        ),
    ],
)
def test_a_feature_that_is_misspelt_is_told_with_the_nearest(condition: str, message: str, fix: str) -> None:
    (finding,) = judge(condition, {"customer": customer_kind(SHAPES)}, (BOOLEAN,))
    assert (finding.message, finding.fix) == (message, fix)


def test_where_no_attributes_are_declared_there_may_be_any_beside_the_features() -> None:
    scope = {"customer": customer_kind(Shapes())}
    assert judge("customer.anything.at_all > 3", scope, (BOOLEAN,)) == []
    assert [f.message for f in judge("customer.cart.valeu > 3", scope, (BOOLEAN,))] == [
        "'customer.cart' has no 'valeu'"
    ]
