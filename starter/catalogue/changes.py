"""What a change of a product is worth telling: the events of a price or a stock that changed, and of a product
that is sold no more."""

from typing import Any

from content.catalogue import Product


def changes(before: Product, after: Product) -> list[tuple[str, dict[str, Any]]]:
    """The events that a change makes, each with its properties. A price in another currency is no lower or higher
    one; of a product whose stock is not known it is not told that it ran out. Of one that is not sold any more
    nothing else is told."""
    if after.withdrawn:
        return [] if before.withdrawn else [("Product Withdrawn", _about(after))]
    told: list[tuple[str, dict[str, Any]]] = [("Back on Sale", {})] if before.withdrawn else []
    if before.currency == after.currency and before.price != after.price:
        percent = float(abs(before.price - after.price) / before.price * 100) if before.price else 100.0
        name, by = (
            ("Price Dropped", "drop_percent") if after.price < before.price else ("Price Rose", "rise_percent")
        )
        told.append((name, {"price_before": float(before.price), by: round(percent, 2)}))
    if before.stock is not None and after.stock is not None and (before.stock == 0) != (after.stock == 0):
        told.append(("Back in Stock" if after.stock else "Sold Out", {"stock": after.stock}))
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
