"""What `content check` finds, each at its place, and what it leaves alone."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from content import checks
from content.catalogue import Catalogue
from content.checks.registry import check_content, known_checks
from content.checks.subject import Subject
from content.library import Library, load_library
from content.sms import count_segments
from journeys.shapes import Shape, Shapes
from project.model import Brand, ContentRules
from starter.contents.shelf import Shelf
from tests.conftest import RETAIL

Write = Callable[[str, str], Path]
Check = Callable[..., list[str]]

FRONT = "---\nsubject: Hello\npreheader: Hi\n---\n"
FOOTER = "{{ unsubscribe_url }} {{ preferences_url }} {{ brand.address }}\n"
PAGE = '<html lang="en"><meta name="color-scheme" content="light dark">'


@pytest.fixture
def check(folder: Path) -> Check:
    """Every finding in the content folder, as `file:line:column: message`, the file within the folder."""

    def checked(rules: ContentRules | None = None, shapes: Shapes | None = None) -> list[str]:
        brand = Brand(name="Northwind", address="Hafenstr. 12", url="https://northwind.example")
        surroundings = (rules or ContentRules(), brand, shapes or Shapes(), Catalogue())
        found = [
            finding
            for entry in Library.load(folder, Catalogue()).entries
            for finding in check_content(
                Subject(entry.name, entry.variant, *surroundings, datetime(2026, 3, 3, tzinfo=UTC))
            )
        ]
        return [str(f).removeprefix(f"{folder}/") for f in found]

    return checked


def mail(write: Write, html: str, text: str = FOOTER, front: str = FRONT) -> None:
    write("x/email.html.j2", front + PAGE + "\n" + html + FOOTER)
    write("x/email.txt.j2", text)


def test_a_mail_with_everything_in_it_is_all_right(write: Write, check: Check):
    mail(
        write,
        '<a href="{{ product.url }}">See</a> <img src="{{ product.image }}" alt="">',
    )

    assert check() == []


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('\n<a href="htp://a.example/">x</a>', "7:10: no mail or browser opens 'htp:'; write https"),
        ('<a href="https:/a.example">x</a>', "6:10: 'https:/a.example' is no web address"),
        ('<a href="https://shop">x</a>', "6:10: 'https://shop' is no web address"),
        ('<a href="https://https://a.example">x</a>', "6:10: 'https://https://a.example' is no web address"),
        ('<a href="http://a.example">x</a>', "6:10: 'http://a.example' is not private; write https"),
        ('<a href="www.a.example">x</a>', "6:10: 'www.a.example' does not say how to get there"),
        ('<a href="https://example.com/x">x</a>', "6:10: 'https://example.com/x' is a placeholder"),
        ('<a href="https://a.example/TODO">x</a>', "6:10: 'https://a.example/TODO' is a placeholder"),
        ('<a href="#">x</a>', "6:10: this link leads nowhere"),
        ('<img src="https://a.example/i.png">', "6:1: this picture has no text for those who do not see it"),
        ("{{ customer.nickname }}", "6:13: not every customer has 'nickname'"),
        ("<p>ACT NOW, it is free</p>", "6:4: 'ACT NOW' is a phrase that spam filters look for"),
        ("<p>Buy it!!</p>", "6:10: '!!' shouts"),
    ],
)  # fmt: skip
def test_a_fault_of_a_mail_is_told_at_its_place(write: Write, check: Check, html: str, found: str):
    mail(write, html)

    assert [f for f in check() if f.startswith(f"x/email.html.j2:{found}")], check()


def test_a_link_in_the_text_is_looked_at_too(write: Write, check: Check):
    mail(write, "", "See https://example.org/x.\n" + FOOTER)

    assert check() == ["x/email.txt.j2:1:5: 'https://example.org/x' is a placeholder [links]"]


def test_a_fault_in_a_layout_is_told_in_the_layout(write: Write, check: Check):
    write("_layout/pic.html.j2", "<p></p>\n<img src='{{ product.image }}'>")
    mail(write, "{% include 'pic.html.j2' %}")

    assert [f.partition(": ")[0] for f in check()] == ["_layout/pic.html.j2:2:1"]


@pytest.mark.parametrize(
    "guarded",
    [
        "{% if customer.nickname is defined %}{{ customer.nickname }}{% endif %}",
        "{% if customer.nickname is defined and customer.nickname %}x{% endif %}",
        "{{ customer.nickname if customer.nickname is defined else 'you' }}",
        "{{ customer.nickname | default('you') }}",
    ],
)
def test_an_attribute_that_may_be_missing_is_all_right_where_the_template_asks(
    write: Write, check: Check, guarded: str
):
    mail(write, guarded)

    assert check() == []


def test_an_attribute_is_not_there_in_the_other_half_of_a_question(write: Write, check: Check):
    mail(write, "{% if customer.a is defined %}x{% else %}{{ customer.a }}{% endif %}")

    assert [f.partition(" (")[0] for f in check()] == ["x/email.html.j2:6:16: not every customer has 'a'"]


def test_names_that_events_yaml_does_not_declare_are_told(write: Write, check: Check):
    write("x/push.yaml.j2", "title: t\nbody: '{{ event.colour }} {{ customer.plann | default(1) }}'\n")
    declared = Shapes(events={"Viewed": {"color": Shape(type="string")}}, customer={"plan": Shape(type="string")})

    assert check(shapes=declared) == [
        "x/push.yaml.j2:2:17: events.yaml does not say that any event has 'colour' "
        "(did you mean 'color'?) [variables]",
        "x/push.yaml.j2:2:39: events.yaml does not say that a customer has 'plann' "
        "(did you mean 'plan'?) [variables]",
    ]


def test_a_marketing_mail_lets_its_reader_choose(write: Write, check: Check):
    write("x/email.txt.j2", FRONT + "{{ unsubscribe_url }} {{ brand.address }}\n")

    assert check()[0].startswith("x/email.txt.j2:5:1: a marketing mail lets its reader choose what to get")


def test_html_without_preheader_language_and_dark_colours_is_told(write: Write, check: Check):
    write("x/email.html.j2", "---\nsubject: Hello\n---\n<p>Hi</p>" + FOOTER)
    write("x/email.txt.j2", FOOTER)

    assert [f.split(": ")[1].partition(" (")[0] for f in check()] == [
        "without a preheader, lists of mails show whatever comes first",
        "this mail does not say that it is made for dark screens too",
        "screen readers are not told the language",
    ]


@pytest.mark.parametrize(
    ("channel", "text", "found"),
    [
        ("push", "title: t\nbody: " + "x" * 241, "2:7: 'body' has about 241 characters; above 240"),
        ("push", "title: " + "x" * 66 + "\nbody: b", "1:8: 'title' has about 66 characters"),
        ("whatsapp", f"template: {'x' * 513}\nlanguage: en", "1:11: 'template' has about 513 characters"),
        ("sms", "text: '" + "x" * 460 + "'", "1:8: about 4 segments of GSM-7 are paid for; the project allows 3"),
        ("sms", "text: 'Hello ✓'", "1:14: '✓' makes it UCS-2, with 70 characters to a segment rather than 160"),
    ],
)  # fmt: skip
def test_what_is_too_long_for_its_channel_is_told(write: Write, check: Check, channel: str, text: str, found: str):
    write(f"x/{channel}.yaml.j2", text + "\n")

    assert [f for f in check() if f.startswith(f"x/{channel}.yaml.j2:{found}")], check()


def test_the_brands_rules_are_kept(write: Write, check: Check):
    write("x/push.yaml.j2", "---\ncategories: [alcohol]\ntone: loud\n---\ntitle: Cheap wine\nbody: Drink\n")
    rules = ContentRules(
        forbidden=("cheap",),
        required=("Northwind",),
        tones=("plain",),
        legal={"alcohol": "From 18 years."},
        tags=("language",),
    )

    assert check(rules) == [
        "x/push.yaml.j2:1:1: the brand wants 'Northwind' in everything that advertises [brand]",
        "x/push.yaml.j2:1:1: what is about 'alcohol' must say: From 18 years. [brand]",
        "x/push.yaml.j2:1:1: 'loud' is not a tone of the brand (there are: plain) [brand]",
        "x/push.yaml.j2:1:1: the project wants to know its language (add 'language' at its head) [brand]",
        "x/push.yaml.j2:5:8: the brand does not write 'Cheap' [brand]",
    ]


def test_a_time_that_is_over_a_product_that_is_gone_and_an_offer_without_bound_are_told(
    write: Write, check: Check
):
    front = "---\nvalid_until: 2026-03-01T00:00:00Z\nproduct: kite\n---\n"
    write("x/push.yaml.j2", front + "title: t\nbody: '{{ offer.discount | percent }}'\n")

    assert [re.split(r" [\[(]", f.split(": ")[1])[0] for f in check()] == [
        "its time was over on 2026-03-01",
        "the catalogue has no product 'kite'",
        "it shows an offer, and nothing bounds it",
    ]


def test_a_content_may_break_a_rule_knowingly(write: Write, check: Check):
    write("x/push.yaml.j2", "---\naccept: [spam]\n---\ntitle: Act now\nbody: b\n")

    assert check() == []


def test_a_rule_that_is_accepted_must_exist(write: Write, check: Check):
    write("x/push.yaml.j2", "---\naccept: [spamm]\n---\ntitle: t\nbody: b\n")

    assert check() == ["x/push.yaml.j2:1:1: there is no rule 'spamm' (did you mean 'spam'?) [accept]"]


def test_every_file_of_the_rules_is_a_rule():
    written = {file.stem.replace("_", "-") for file in Path(checks.__path__[0]).glob("[a-z]*.py")}

    assert set(known_checks()) == written - {"registry", "subject"}


@pytest.mark.parametrize("example", sorted(f.name for f in RETAIL.parent.iterdir() if (f / "content").is_dir()))
def test_the_examples_are_approved_and_break_no_rule(example: str):
    shelf = Shelf.open(RETAIL.parent / example, {}, {})

    # What its review of changes wants to see first is published from here, see tests/changes.
    brought = load_library(RETAIL.parent / example).entries
    assert {(e.name, e.standing.state) for e in brought} == {(e.name, "approved") for e in brought}
    assert [str(f) for e in shelf.entries() for f in shelf.findings(e, datetime(2026, 7, 1, tzinfo=UTC))] == []


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("", "GSM-7", 0, 1),
        ("x" * 160, "GSM-7", 160, 1),
        ("x" * 161, "GSM-7", 161, 2),
        ("x" * 306, "GSM-7", 306, 2),
        ("x" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("✓" * 70, "UCS-2", 70, 1),
        ("✓" * 71, "UCS-2", 71, 2),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
    ],
)
def test_an_sms_is_cut_as_the_network_cuts_it(text: str, encoding: str, units: int, count: int):
    segments = count_segments(text)

    assert (segments.encoding, segments.units, segments.count) == (encoding, units, count)


def test_a_card_says_what_its_picture_shows_and_what_discount_it_promises(write: Write, check: Check):
    write("x/slot.yaml.j2", 'title: "10% off"\nimage_url: "/tent.jpg"\n')
    write(
        "y/slot.yaml.j2", '---\noffer: 10%\n---\ntitle: "10% off"\nimage_url: "/tent.jpg"\nimage_alt: "A tent"\n'
    )

    picture, discount = check()

    assert picture.startswith("x/slot.yaml.j2:1:1: its picture has no text for those who do not see it")
    assert "looks like a discount, and surfaces count those" in discount
