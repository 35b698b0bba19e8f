"""The retail example's content, as its shoppers get it."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from content.catalogue import Catalogue
from content.library import Library
from content.rendering import OfferTerms, Recipient, RenderContext, Rendered
from journeys.loader import load_journey
from journeys.steps import Send, walk
from project.model import Brand
from tests.conftest import RETAIL

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
CATALOGUE = Catalogue.load(RETAIL / "catalogue.yaml")
LIBRARY = Library.load(RETAIL / "content", CATALOGUE)


def shopper(event: dict[str, Any] | None = None, **traits: str) -> RenderContext:
    return RenderContext(
        brand=Brand(name="Northwind Outdoor", address="Hafenstr. 12, Hamburg", url="https://northwind.example"),
        customer=Recipient(traits=traits, locale="de-DE", time_zone="Europe/Lisbon"),
        event=event or {"product_id": "ridgeline-40"},
        offer=OfferTerms(discount=10, expires_at=NOW + timedelta(hours=24)),
        unsubscribe_url="https://northwind.example/u/token",
        preferences_url="https://northwind.example/p/token",
        now=NOW,
        delivery_id="d_1",
    )


def mail(context: RenderContext) -> Rendered:
    return LIBRARY.render("browse-reminder", "email", context)


def test_every_content_of_the_journey_exists_for_its_channel():
    journey = load_journey(RETAIL / "journeys" / "browse-abandonment.yaml")

    for step in walk(journey.steps):
        if isinstance(step, Send):
            assert set(step.send) <= set(LIBRARY.channels(step.content))


def test_the_offer_names_product_discount_and_the_end_on_the_customers_clock():
    rendered = LIBRARY.render("browse-offer", "whatsapp", shopper())

    assert rendered.fields == {
        "template": "browse_offer",
        "language": "en",
        "parameters": ["Ridgeline 40 backpack", "10%", "Thu, Jul 2, 9:00\u202fAM"],
        "text": "",
    }


def test_the_second_push_is_about_the_product_and_the_other_about_its_relatives():
    second = LIBRARY.render("browse-second-look", "push", shopper()).fields
    related = LIBRARY.render("browse-related", "push", shopper()).fields

    assert second["title"] == "Ridgeline 40 backpack, once more"
    assert second["data"] == {"url": "https://northwind.example/p/ridgeline-40", "product_id": "ridgeline-40"}
    assert "Fell 28 day pack" in related["body"]
    assert related["data"]["url"] == "https://northwind.example/p/fell-28"


def test_a_product_without_relatives_still_makes_a_push():
    kite = {"product_id": "kite", "name": "Kite", "price": 20, "currency": "EUR"}

    assert (
        "The Kite is where you left it." in LIBRARY.render("browse-related", "push", shopper(kite)).fields["body"]
    )


@pytest.mark.parametrize("name", [n for n in LIBRARY.names() if "push" in LIBRARY.channels(n)])
def test_a_push_fits_on_a_phone(name: str):
    fields = LIBRARY.render(name, "push", shopper()).fields

    assert len(fields["title"]) <= 50
    assert len(fields["body"]) <= 178


def test_the_mail_greets_a_customer_whose_name_is_known_and_one_whose_is_not():
    assert "Back on the trail, Ana?" in mail(shopper(first_name="Ana")).fields["html"]
    assert "Back on the trail?" in mail(shopper()).fields["html"]


def test_the_mail_shows_product_price_relatives_and_the_ways_out_in_both_forms():
    fields = mail(shopper()).fields

    for form in (fields["html"], fields["text"]):
        for wanted in ("Ridgeline 40 backpack", "€149.00", "Traverse 60", "/u/token", "Hafenstr. 12, Hamburg"):
            assert wanted in form


class Reader(HTMLParser):
    """What a mail client makes of a mail: its open tags, its pictures and its links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.pictures.append(dict(attrs))
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_mails_html_is_well_formed_and_every_link_is_a_web_address():
    reader = Reader(mail(shopper()).fields["html"])

    assert reader.open == []
    assert all(link.startswith("https://northwind.example") for link in reader.links)


def test_the_picture_of_a_product_has_a_text_for_those_who_do_not_see_it():
    picture = "https://northwind.example/i/kite.jpg"
    kite = {"product_id": "kite", "name": "Kite", "price": 20, "currency": "EUR", "image_url": picture}

    pictures = Reader(mail(shopper(kite)).fields["html"]).pictures

    assert [(p["src"], p["alt"]) for p in pictures] == [(picture, "Kite")]


def test_the_mail_stays_below_the_size_at_which_gmail_cuts_it_off():
    assert len(mail(shopper()).fields["html"].encode()) < 102 * 1024


def test_the_mail_is_ready_for_dark_screens_and_names_its_language():
    html = mail(shopper()).fields["html"]

    assert "prefers-color-scheme: dark" in html
    assert re.search(r'<html lang="en">', html)


def test_the_copy_has_no_words_that_read_as_spam():
    text = " ".join(
        str(LIBRARY.render(n, c, shopper()).fields) for n in LIBRARY.names() for c in LIBRARY.channels(n)
    )

    visible = re.sub(r"<style>.*?</style>|<[^>]+>", "", text).lower()
    for phrase in ("act now", "hurry", "last chance", "limited time", "click here", "100%", "!!", "guarantee"):
        assert phrase not in visible
