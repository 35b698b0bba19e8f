"""What a change of a product is worth telling: the events of a price or a stock that changed."""

from typing import Any

from content.catalogue import Product

EVENTS = ("Price Dropped", "Price Rose", "Back in Stock", "Sold Out")


def changes(before: Product, after: Product) -> list[tuple[str, dict[str, Any]]]:
    """The events that a change makes, each with its properties. A price in another currency is no lower or higher
    one; of a product whose stock is not known it is not told that it ran out."""
    told: list[tuple[str, dict[str, Any]]] = []
    if before.currency == after.currency and before.price != after.price:
        percent = float(abs(before.price - after.price) / before.price * 100) if before.price else 100.0
        name, by = (
            ("Price Dropped", "drop_percent") if after.price < before.price else ("Price Rose", "rise_percent")
        )
        told.append((name, {"price_before": float(before.price), by: round(percent, 2)}))
    if before.stock is not None and after.stock is not None and before.available != after.available:
        told.append(("Back in Stock" if after.available else "Sold Out", {"stock": after.stock}))
    return [(name, {**_about(after), **facts}) for name, facts in told]


def _about(product: Product) -> dict[str, Any]:
    """A product as Segment's e-commerce specification has it in events."""
    return {
        "product_id": product.product_id,
        "name": product.name,
        "category": product.category,
        "price": float(product.price),
        "currency": product.currency,
        "url": product.url,
    }
