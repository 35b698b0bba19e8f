"""The events that shoppers give rise to, in Segment's shape, and their way to the API."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from starter.demo.shoppers import Shopper

Item = dict[str, Any]


class EventsRefused(Exception):
    """The API did not accept an event; the message is its answer."""


class EventSender:
    """Sends items to `/v1/batch`, as a shop's back end would. Their times stay as they are: no `sentAt`."""

    def __init__(self, api: httpx.AsyncClient, write_key: str) -> None:
        self._api = api
        self._auth = (write_key, "")
        self.sent = 0

    async def send(self, items: Sequence[Item]) -> None:
        """Send items in order; they are durable when this returns. Raises EventsRefused."""
        answer = await self._api.post("/v1/batch", json={"batch": list(items)}, auth=self._auth)
        if not answer.is_success:
            raise EventsRefused(f"{answer.status_code}: {answer.text}")
        self.sent += len(items)


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
