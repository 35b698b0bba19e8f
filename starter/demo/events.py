"""The events that shoppers give rise to, in Segment's shape."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starter.demo.shoppers import Shopper

Item = dict[str, Any]


def arrival(shopper: Shopper, at: datetime) -> list[Item]:
    """A shopper who is known to the shop looks at a product."""
    traits = {
        "first_name": shopper.name,
        "email": shopper.email,
        "phone": shopper.phone,
        "timezone": shopper.zone,
        "locale": "en_GB",
        "consents": dict(shopper.consents),
    }
    device = {"device": {"token": shopper.push_token, "type": "android"}} if shopper.has_app else {}
    identify = _item(shopper, "identify", at) | {"traits": traits, "context": device}
    return [identify, track(shopper, "Product Viewed", at, dict(shopper.product))]


def track(shopper: Shopper, event: str, at: datetime, properties: Mapping[str, Any]) -> Item:
    """Something a shopper does at `at`."""
    return _item(shopper, event, at) | {"type": "track", "event": event, "properties": dict(properties)}


def order(shopper: Shopper) -> dict[str, Any]:
    """The properties of an order of the product that the shopper viewed."""
    product = shopper.product
    line = {"product_id": product["product_id"], "quantity": 1, "price": product["price"]}
    return {
        "order_id": f"order-{shopper.user_id}",
        "total": product["price"],
        "currency": product["currency"],
        "products": [line],
    }


def _item(shopper: Shopper, what: str, at: datetime) -> Item:
    return {
        "type": what,
        "messageId": f"{shopper.user_id}-{what}-{at.isoformat()}",
        "userId": shopper.user_id,
        "timestamp": at.isoformat(),
    }
