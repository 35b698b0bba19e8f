"""Which part of a surface each link of a mail belongs to."""

from pathlib import Path

import pytest

from content.marks import of_part, with_links_named, without_marks
from content.templates import Compiler

HERO = of_part({"title": "Ten & more", "action_url": "https://shop.example/sale", "items": ["a"]}, "home-sale")
RAIL = of_part({"title": "Boots", "action_url": "https://shop.example/sale", "items": []}, "boots")
SLOTS = {"hero": [HERO], "rail": [RAIL]}


def html(source: str) -> str:
    fragment = Compiler({}).compile(source, Path("mail.html.j2"), html=True)
    return fragment.render({"slots": SLOTS, "brand": {"url": "https://x.example"}})


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ('<a href="{{ slots.hero[0].action_url }}">Look</a>', ["home-sale"]),
        ('<a href="{{ brand.url }}"><img alt="{{ slots.rail[0].title }}"></a>', ["boots"]),
        ('{% for part in slots.hero + slots.rail %}<A\nHREF="{{ part.action_url }}?a=1">b</A>{% endfor %}',
         ["home-sale", "boots"]),
        ('<a href="{{ brand.url }}">{{ slots.hero[0].items[0] }}</a>', ["home-sale"]),
        ('{% macro button(part) %}<a href="{{ part.action_url }}">b</a>{% endmacro %}{{ button(slots.rail[0]) }}',
         ["boots"]),
        ('<a href="{{ slots.hero[0].action_url ~ "?b=2" }}">{{ slots.hero[0].title }}</a>', ["home-sale"]),
    ],
)  # fmt: skip
def test_a_link_that_shows_something_of_a_part_is_named_after_it(source: str, parts: list[str]):
    written = html(source)

    assert [piece.partition('"')[0] for piece in written.split('data-part="')[1:]] == parts
    assert without_marks(written) == written


@pytest.mark.parametrize(
    "source",
    [
        '<p>{{ slots.hero[0].title }}</p><a href="{{ brand.url }}">Home</a>',
        '<a href="{{ brand.url }}">Home</a>{{ slots.hero[0].title }}',
        '<a href="{{ brand.url }}">not closed <a data-part="mine" href="{{ slots.hero[0].action_url }}">b</a>',
        '<!-- <a href="{{ slots.hero[0].action_url }}"> -->',
    ],
)
def test_any_other_link_is_not(source: str):
    assert 'data-part="home-sale"' not in html(source)


def test_what_a_reader_sees_is_what_the_part_says():
    text = "<p>{{ slots.hero[0].title }}</p>{{ slots.hero[0].title | upper }}"

    assert html(text) == "<p>Ten &amp; more</p>TEN &amp; MORE"


def test_a_name_that_is_markup_stays_a_name():
    marked = '<a href="https://x.example\ue000"><script>\ue001">x</a>'

    assert with_links_named(marked) == '<a data-part="&quot;&gt;&lt;script&gt;" href="https://x.example">x</a>'
