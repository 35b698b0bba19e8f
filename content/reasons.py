"""Why a message says to one customer what it does not say to everyone: each personalised part, and where from."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict

from content.catalogue import Catalogue
from content.rendering import RenderContext
from content.variables import recommended
from content.variant import Variant

_RECOMMENDED = {
    "related": "of the category '{category}', nearest in price",
    "bought_together": "customers who bought it bought these as well",
    "viewed_together": "customers who looked at it looked at these as well",
    "trending": "what customers look at and buy most of late",
}


class Reason(BaseModel):
    """One part of a message that is this customer's own. `shows` is empty where there is nothing to show."""

    model_config = ConfigDict(frozen=True)

    part: str
    shows: str
    why: str


def reasons(variant: Variant, context: RenderContext, catalogue: Catalogue) -> list[Reason]:
    """Why each personalised part of a message is as it is, in the order of its names."""
    used = variant.used
    found = [*_of_data("customer", used, context.customer.traits, "what is known of the customer")]
    found += _of_data("event", used, context.event, "the event that started the run")
    found += _of_data("run", used, context.run, "what the run's own steps left")
    found += _of_products(variant, context, catalogue)
    if "offer" in used and context.offer:
        shows = f"{context.offer.discount:g} %, until {context.offer.expires_at:%Y-%m-%d %H:%M} UTC"
        found.append(Reason(part="offer", shows=shows, why="the step's offer, from the moment it is sent"))
    clock = f"{context.customer.locale}, {context.customer.time_zone or 'UTC'}"
    return [*found, Reason(part="locale", shows=clock, why="how numbers and times are written")]


def _of_data(owner: str, used: frozenset[str], data: dict[str, Any], source: str) -> Iterator[Reason]:
    for name in sorted(part.partition(".")[2] for part in used if part.startswith(f"{owner}.")):
        known = name in data
        why = source if known else f"not in {source}, so the text does without"
        yield Reason(part=f"{owner}.{name}", shows=str(data[name]) if known else "", why=why)


def _of_products(variant: Variant, context: RenderContext, catalogue: Catalogue) -> Iterator[Reason]:
    named = str(context.event.get("product_id", ""))
    product_id = named or variant.front.product or ""
    product = catalogue.product(product_id)
    if "product" in variant.used:
        source = "the event names it" if named else "the content is about it"
        why = f"{source}, and the catalogue has it" if product else f"{source}; the catalogue does not have it"
        shows = product.name if product else str(context.event.get("name", product_id))
        yield Reason(part="product", shows=shows, why=why)
    for part, found in recommended(catalogue, product_id).items():
        if part in variant.used:
            why = _RECOMMENDED[part].format(category=product.category if product else "")
            if product is None and part != "trending":
                why = "no product is known"
            yield Reason(part=part, shows=", ".join(each.name for each in found), why=why)
