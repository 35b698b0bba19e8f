"""Why a message says to one customer what it does not say to everyone: each personalised part, and where from."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict

from content.catalogue import Catalogue
from content.rendering import RenderContext
from content.variant import Variant


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
    if "related" in variant.used:
        names = [other.name for other in catalogue.related(product_id, 3)]
        why = f"of the category '{product.category}', nearest in price" if product else "no product is known"
        yield Reason(part="related", shows=", ".join(names), why=why)
