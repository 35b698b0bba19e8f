"""What tracking does to a mail: its web links and one pixel, nothing else, and only where it may."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.delivering.tracking import Tracker
from content.links import InvalidLink, LinkSigner, TrackedLink
from content.rendering import Rendered
from content.tracking import with_pixel, with_tracked_links
from project.model import Tracking
from tests import seeding

SIGNER = LinkSigner(seeding.SECRET)
PUBLIC = "https://journeys.northwind.example"


def swapped(html: str) -> str:
    return with_tracked_links(html, lambda url, _: f"<{url}>")


@pytest.mark.parametrize(
    ("html", "url"),
    [
        ('<p>a<a href="https://shop.example/p?a=1&amp;b=2">b</a>', "https://shop.example/p?a=1&b=2"),
        ("<A class=x HREF='http://shop.example/' >b</A>", "http://shop.example/"),
        ("<a\n  title=' href=no' data-href=no\n  href=https://shop.example/>b</a>", "https://shop.example/"),
        ('<map><area href="HTTPS://shop.example/"></map>', "HTTPS://shop.example/"),
        ("<!-- \u2028 \r x -->\n\n <a href='https://shop.example/\u00fc'>", "https://shop.example/\u00fc"),
    ],
)
def test_a_web_link_is_led_through_us(html: str, url: str) -> None:
    tracked = swapped(html)
    place = tracked.index('"&lt;')
    end = tracked.index('&gt;"')
    assert tracked[place + 5 : end].replace("&amp;", "&") == url
    before, after = tracked[:place], tracked[end + 5 :]
    assert html.startswith(before)
    assert html.endswith(after)


@pytest.mark.parametrize(
    "html",
    [
        '<a href="mailto:help@shop.example">', '<a href="tel:+4940123">', '<a href="#top">', "<a name=x>",
        '<img src="https://shop.example/x.png">', '<link href="https://shop.example/x.css">',
        '<!-- <a href="https://shop.example/"> -->', '<a href="https://shop.example/" data-tracking="off">',
    ],
)  # fmt: skip
def test_everything_else_stays_as_it_is(html: str) -> None:
    assert swapped(html) == html


@given(st.text(alphabet="<>a=\"'/ \nhref!-&;", max_size=60))
def test_a_link_that_leads_where_it_led_changes_nothing(html: str) -> None:
    assert with_tracked_links(html, lambda url, _: url) == html


def test_the_pixel_is_the_last_thing_in_the_body() -> None:
    assert with_pixel("<body><p>a</p></BODY></html>", "https://x.example/o").startswith('<body><p>a</p><img src="')
    assert with_pixel("<p>a</p>", "https://x.example/o").endswith(">")


def mail(**changes: Any) -> Rendered:
    html = f'<body><a href="https://shop.example/p">p</a><a href="{PUBLIC}/u/token">no more</a></body>'
    return Rendered(
        content="hello",
        channel="email",
        fields={"subject": "Hello", "html": html, "text": "https://shop.example/p", **changes},
        marketing=True,
        content_version="1",
    )


def tracked(traits: dict[str, Any], **settings: bool) -> str:
    customer = seeding.customer()
    customer.traits = traits
    rendered = Tracker(SIGNER, PUBLIC, Tracking(**settings)).track(mail(), customer, "d_1")
    assert rendered.fields["text"] == mail().fields["text"]
    return str(rendered.fields["html"])


def test_the_target_stands_in_the_signed_link_and_our_own_links_stay() -> None:
    html = tracked({}, clicks=True)
    token = html.partition(f"{PUBLIC}/c/")[2].partition('"')[0]
    assert SIGNER.read_click(token) == TrackedLink("d_1", "https://shop.example/p")
    assert f'href="{PUBLIC}/u/token"' in html
    assert "<img" not in html


def test_the_pixel_names_the_delivery() -> None:
    html = tracked({}, opens=True)
    token = html.partition(f"{PUBLIC}/o/")[2].partition(".gif")[0]
    assert SIGNER.read_open(token) == "d_1"
    assert 'href="https://shop.example/p"' in html


@pytest.mark.parametrize(
    ("traits", "shown"),
    [
        ({"country": "FR"}, False),
        ({"phone": "+447400123456"}, False),
        ({"country": "US", "phone": "+447400123456"}, True),
        ({"country": "FR", "tracking_consent": True}, True),
        ({}, True),
    ],
)
def test_where_the_law_asks_for_a_consent_no_pixel_is_there_without_one(
    traits: dict[str, Any], shown: bool
) -> None:
    html = tracked(traits, opens=True, clicks=True)
    assert (f"{PUBLIC}/o/" in html) is shown
    assert f"{PUBLIC}/c/" in html


@pytest.mark.parametrize(
    ("traits", "settings"),
    [
        ({}, {}),
        ({"tracking_consent": False}, {"clicks": True, "opens": True}),
        ({"gpc": True, "tracking_consent": True}, {"clicks": True, "opens": True}),
        ({}, {"clicks": True, "opens": True, "ask_first": True}),
    ],
)
def test_without_leave_nothing_is_tracked(traits: dict[str, Any], settings: dict[str, bool]) -> None:
    assert tracked(traits, **settings) == mail().fields["html"]


def test_who_said_yes_is_tracked_where_the_project_asks_first() -> None:
    assert f"{PUBLIC}/c/" in tracked({"tracking_consent": True}, clicks=True, ask_first=True)


def test_no_token_is_good_for_another_purpose() -> None:
    for token in (
        SIGNER.preferences_token("d_1:x"),
        SIGNER.unsubscribe_token("x", "d_1"),
        SIGNER.open_token("d_1:x"),
    ):
        with pytest.raises(InvalidLink):
            SIGNER.read_click(token)
