"""What a person may change of a message before they agree to it: its words, and nothing else.

Prices, links and markup come from approved content and from the journey; so does what the law wants said.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from html import unescape
from typing import Any, cast

from pydantic import ValidationError

from content.checks.registry import check_content
from content.checks.subject import Subject, without_markup
from content.library import Library
from content.rendering import Rendered
from content.shapes import SHAPES
from content.templates import Fragment
from content.variant import Tree, Variant
from journeys.shapes import Shapes
from project.model import Brand, ContentRules

_NOT_WORDS = frozenset({"template", "language", "data", "anchor"})
"""Fields that a machine reads."""
_CURRENCY = r"(?:€|\$|£|EUR|USD|GBP|CHF)"
_NUMBER = r"\d+(?:[.,]\d+)*"
_PRICE = re.compile(rf"{_NUMBER}\s*(?:%|percent\b|Prozent\b|{_CURRENCY})|{_CURRENCY}\s*{_NUMBER}", re.IGNORECASE)
_LINK = re.compile(r"\b(?:https?:/+|www\.)[^\s\"'<>()]*", re.IGNORECASE)
_TAG = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)
_PLAIN_TAG = re.compile(r"</?(?:b|br|em|i|li|ol|p|strong|ul)\s*/?>", re.IGNORECASE)
_TEMPLATE = re.compile(r"\{\{|\{%|\{#")


class EditRefused(Exception):
    """An edit that a rule of the content forbids. The message tells the editor why, and what to do."""


def texts_of(rendered: Rendered) -> dict[str, str]:
    """What of a message a person may edit, by field: `subject`, or `parameters.0` for what is within a list."""
    return dict(_texts(rendered.fields))


def with_edits(rendered: Rendered, edits: Mapping[str, str]) -> Rendered:
    """The same message with other words in some of its fields. Raises EditRefused for what is no such field, or
    when the channel cannot carry it."""
    known = texts_of(rendered)
    if unknown := sorted(edits.keys() - known.keys()):
        raise EditRefused(f"'{unknown[0]}' cannot be edited here; there is: {', '.join(known) or 'nothing'}.")
    fields = cast(dict[str, Any], _replaced(rendered.fields, edits))
    if shape := SHAPES.get(rendered.channel):
        try:
            fields = shape.model_validate(fields).model_dump()
        except ValidationError as error:
            wrong = error.errors()[0]
            place, reason = ".".join(map(str, wrong["loc"])), wrong["msg"].removeprefix("Value error, ")
            raise EditRefused(f"{place}: {reason}.") from error
    return rendered.model_copy(update={"fields": fields})


@dataclass(frozen=True)
class EditRules:
    """The rules by which one project's content is edited. `links` are our own that each message keeps."""

    library: Library
    rules: ContentRules
    brand: Brand

    def check(self, shown: Rendered, edited: Rendered, links: tuple[str, ...], now: datetime) -> None:
        """Raises EditRefused when the edit changes more than words, loses what has to be said, or breaks a rule of
        `content check` that the message did not break as it was shown. `now` is in UTC."""
        variant = self.library.variant(shown.content, shown.channel)
        before, after = texts_of(shown), texts_of(edited)
        for field in (name for name in after if after[name] != before[name]):
            _words_only(field, before, after[field])
            _still_said(field, before[field], after[field], (*links, self.brand.address, *variant.front.requires))
        found = self._findings(shown, variant, before, now)
        for rule, message in self._findings(edited, variant, after, now):
            if (rule, message) not in found:
                raise EditRefused(f"{_sentence(message)} It is the rule '{rule}' of the project's content.")

    def _findings(
        self, rendered: Rendered, variant: Variant, texts: Mapping[str, str], now: datetime
    ) -> list[tuple[str, str]]:
        """What the rules find in the words of a message, as if they stood so in its content."""
        # Nothing is filled in any more.
        front = variant.front.model_copy(update={"accept": variant.front.accept | {"variables"}})
        fields = cast(dict[str, Tree], _as_written(variant.fields, texts))
        catalogue = self.library.catalogue
        written = replace(variant, front=front, fields=fields)
        subject = Subject(rendered.content, written, self.rules, self.brand, Shapes(), catalogue, now)
        return [(finding.rule, finding.problem.message) for finding in check_content(subject)]


def _texts(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if value and not place.rpartition(".")[2].endswith("url"):
            yield place, value
        return
    if isinstance(value, dict):
        items = [*cast(dict[str, object], value).items()]
    else:
        items = [*enumerate(cast(list[object], value))] if isinstance(value, list) else []
    for key, inner in items:
        if key not in _NOT_WORDS:
            yield from _texts(inner, f"{place}.{key}" if place else str(key))


def _replaced(value: object, edits: Mapping[str, str], place: str = "") -> object:
    if place in edits:
        return edits[place]
    return _within(value, place, lambda inner, at: _replaced(inner, edits, at))


def _as_written(tree: Tree, texts: Mapping[str, str], place: str = "") -> object:
    """The tree of a content with these words in the places of its templates."""
    if isinstance(tree, Fragment):
        return replace(tree, source=texts.get(place, ""), layouts={}, used=frozenset[str]())
    return _within(tree, place, lambda inner, at: _as_written(cast(Tree, inner), texts, at))


def _within(value: object, place: str, each: Callable[[object, str], object]) -> object:
    """The same mapping or list with each of its parts, at its place, as `each` gives it; else the value itself."""
    if isinstance(value, dict):
        items = cast(dict[str, object], value).items()
        return {key: each(inner, f"{place}.{key}" if place else key) for key, inner in items}
    if isinstance(value, list):
        return [each(inner, f"{place}.{number}") for number, inner in enumerate(cast(list[object], value))]
    return value


def _words_only(field: str, before: Mapping[str, str], after: str) -> None:
    """Raises EditRefused for a template, markup, a link or a price that was in none of the fields `before`."""
    if sign := _TEMPLATE.search(after):
        raise EditRefused(f"{field}: nothing is filled in any more, so '{sign[0]}' would be read as it stands.")
    tags = set(_TAG.findall(before[field]))
    for tag in _TAG.findall(after) if field == "html" else ():
        if tag not in tags and not _PLAIN_TAG.fullmatch(tag):
            raise EditRefused(f"{field}: {tag} was not there before; markup is approved with the content.")
    links = {link for text in before.values() for link in _links(text)}
    for link in _links(after):
        if link not in links:
            raise EditRefused(f"{field}: {link} was not there before; links are approved with the content.")
    prices = {price for place, text in before.items() for price in _prices(place, text)}
    for price in _prices(field, after):
        if price not in prices:
            raise EditRefused(
                f"{field}: '{price}' was not there before; a price or a discount is changed in the journey, where "
                "the policies see it."
            )


def _links(text: str) -> list[str]:
    return _LINK.findall(unescape(text))


def _prices(field: str, text: str) -> list[str]:
    seen = unescape(without_markup(text) if field == "html" else text)
    return [re.sub(r"\s", "", found[0]).casefold() for found in _PRICE.finditer(seen)]


def _still_said(field: str, before: str, after: str, kept: tuple[str, ...]) -> None:
    """Raises EditRefused when one of the texts was in a field and no longer is."""
    had, has = _plain(before), _plain(after)
    for text in kept:
        if text and _plain(text) in had and _plain(text) not in has:
            raise EditRefused(f"{field}: this has to stay in it: {text}")


def _plain(text: str) -> str:
    return " ".join(unescape(text).split()).casefold()


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
