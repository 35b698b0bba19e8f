"""The names a template may use, as plain data. What came with an event or a trait is made harmless here."""

import unicodedata
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from content.catalogue import Catalogue, Product
from content.formats import reading_locale
from content.rendering import OfferTerms, RenderContext
from project.model import Brand

RELATED = 3
"""How many products of each kind a template gets."""

KNOWN: dict[str, frozenset[str] | None] = {
    "brand": frozenset(Brand.model_fields),
    "customer": None,
    "event": None,
    "run": None,
    "offer": frozenset(OfferTerms.model_fields),
    "product": frozenset(Product.model_fields),
    "related": None,
    "bought_together": None,
    "viewed_together": None,
    "trending": None,
    "slots": None,
    "unsubscribe_url": None,
    "preferences_url": None,
    "confirm_url": None,
    "now": None,
    "delivery_id": None,
    "locale": None,
    "time_zone": None,
}
"""Every name a template may use, and its parts where they are fixed."""

_LONGEST_TEXT = 500
_DEEPEST = 8
# Characters that can turn the reading order of the text after them, or hide in it.
_INVISIBLE = {"Cc", "Cs", "Zl", "Zp"}
_TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def variables(
    context: RenderContext, catalogue: Catalogue, product_id: str, language: str | None
) -> dict[str, Any]:
    """What a template sees of `context`, beside the product it is about and those related to it."""
    event = cast(dict[str, Any], harmless(context.event))
    product = catalogue.product(product_id)
    return {
        "brand": context.brand.model_dump(),
        "customer": cast(dict[str, Any], harmless(context.customer.traits)),
        "event": event,
        "run": cast(dict[str, Any], harmless(context.run)),
        "offer": context.offer.model_dump() if context.offer else None,
        "product": product.model_dump() if product else _product_of(event, context.brand),
        **{
            name: [each.model_dump() for each in found]
            for name, found in recommended(catalogue, product_id).items()
        },
        "unsubscribe_url": context.unsubscribe_url,
        "preferences_url": context.preferences_url,
        "confirm_url": context.confirm_url,
        "now": context.now,
        "delivery_id": context.delivery_id,
        "locale": reading_locale(context.customer.locale, language),
        "time_zone": context.customer.time_zone,
        # Not among the known names: filters reach it, a template cannot show it.
        "url_key": context.url_key,
    }


def recommended(catalogue: Catalogue, product_id: str) -> dict[str, list[Product]]:
    """What goes with a product, by the name that templates have for it."""
    return {
        "related": catalogue.related(product_id, RELATED),
        "bought_together": catalogue.together("bought", product_id, RELATED),
        "viewed_together": catalogue.together("viewed", product_id, RELATED),
        "trending": catalogue.trending(product_id, RELATED),
    }


def _product_of(event: dict[str, Any], brand: Brand) -> dict[str, Any]:
    """A product that the catalogue does not have, as the event describes it.

    Write keys are public, so anyone can send an event about any customer: a link it brings is followed
    only to the brand's own site.
    """
    told = {key: event[key] for key in ("product_id", "name", "price", "currency") if key in event}
    url, image = str(event.get("url", "")), str(event.get("image_url", ""))
    return {
        **told,
        "category": event.get("category", ""),
        "url": url if _on_site(url, brand) else brand.url,
        "image": image if _on_site(image, brand) else "",
    }


def _on_site(url: str, brand: Brand) -> bool:
    try:
        there, home = urlsplit(url), urlsplit(brand.url)
    except ValueError:
        return False
    plain = url.isascii() and not any(sign in url for sign in " \\\"'<>")
    return plain and (there.scheme, there.netloc) == (home.scheme, home.netloc)


def harmless(value: object, depth: int = 0) -> object:
    """The same data with every text on one line, in plain order and of bounded length; nesting is bounded too."""
    if isinstance(value, str):
        return _one_line(value)
    if isinstance(value, bool | int | float) or value is None:
        return value
    if depth == _DEEPEST:
        return None
    if isinstance(value, Mapping):
        items = cast(Mapping[object, object], value).items()
        return {str(key): harmless(item, depth + 1) for key, item in items}
    if isinstance(value, list | tuple):
        return [harmless(item, depth + 1) for item in cast(list[object], value)]
    return _one_line(str(value))


def _one_line(text: str) -> str:
    shown = ("" if sign in _TURNING else _space_for(sign) for sign in text[: _LONGEST_TEXT * 2])
    return " ".join("".join(shown).split())[:_LONGEST_TEXT]


def _space_for(sign: str) -> str:
    return " " if unicodedata.category(sign) in _INVISIBLE else sign
