"""What a person may change of a message before they agree to it: words, and what else is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from content.editing import EditRefused, EditRules, texts_of, with_edits
from content.library import Library
from content.rendering import RenderContext, Rendered
from project.model import ContentRules
from tests.content.conftest import NOW

TEXT = """Hello {{ customer.first_name }}, 10 % off until Thursday: https://northwind.example/p/1
No returns on sale goods.
{{ brand.address }} {{ unsubscribe_url }} {{ preferences_url }}
"""
PAGE = """---
subject: Still thinking?
requires: ["No returns on sale goods."]
---
<html><p style="width:90%">10&nbsp;% off</p><p>No returns on sale goods.</p>
<a href="https://northwind.example/p/1">See</a> {{ brand.address }}
<a href="{{ unsubscribe_url }}">Leave</a> <a href="{{ preferences_url }}">Choose</a></html>
"""


@pytest.fixture
def shown(library: Library, context: RenderContext) -> Rendered:
    return library.render("offer", "email", context)


@pytest.fixture
def library(write: Callable[[str, str], Path], load: Callable[[], Library]) -> Library:
    write("offer/email.txt.j2", TEXT)
    write("offer/email.html.j2", PAGE)
    return load()


@pytest.fixture
def edit(library: Library, shown: Rendered, context: RenderContext) -> Callable[..., Rendered]:
    """The message with other words, once the rules have agreed."""

    def edited(**edits: str) -> Rendered:
        rules = EditRules(library, ContentRules(forbidden=("cheap",)), context.brand)
        after = with_edits(shown, edits)
        rules.check(shown, after, (context.unsubscribe_url, context.preferences_url), NOW)
        return after

    return edited


def test_words_are_edited_and_everything_else_stays(edit: Callable[..., Rendered], shown: Rendered):
    text = shown.fields["text"].replace("Hello Jonas", "Dear Jonas")
    html = shown.fields["html"].replace("10&nbsp;% off", "<b>10 %</b> off, for you")

    edited = edit(subject="Your tent is still here", text=text, html=html)

    assert edited.fields == {"subject": "Your tent is still here", "preheader": "", "text": text, "html": html}


@pytest.mark.parametrize(
    ("field", "old", "new", "why"),
    [
        (
            "text",
            "10 % off",
            "20 % off",
            "'20%' was not there before; a price or a discount is changed in the jou",
        ),
        ("html", "10&nbsp;% off", "10&nbsp;% off, from € 99", "'€99' was not there before"),
        ("subject", "thinking", "thinking of 30 EUR", "'30eur' was not there before"),
        ("text", "northwind.example/p/1", "elsewhere.example/p", "links are approved with the content"),
        ("html", 'href="https://northwind.example/p/1"', 'href="https://elsewhere.example"', "markup is approved"),
        ("html", "<p>No", "<script>x()</script><p>No", "<script> was not there before"),
        ("text", "Jonas", "{{ customer.first_name }}", "nothing is filled in any more"),
        (
            "text",
            "https://northwind.example/u/token",
            "",
            "this has to stay in it: https://northwind.example/u/tok",
        ),
        ("html", "Hafenstr. 12, Hamburg", "Hamburg", "this has to stay in it: Hafenstr. 12, Hamburg"),
        ("text", "No returns on sale goods.", "", "this has to stay in it: No returns on sale goods."),
        ("subject", "Still", "Cheap and still", "The brand does not write 'Cheap'. It is the rule 'brand'"),
        ("subject", "Still thinking?", "", "subject: Value should have at least 1"),
        ("subject", "Still", "Still\nBcc: all@example.com", "subject: must be one line"),
    ],
)
def test_what_is_more_than_words_is_refused_with_the_reason(
    edit: Callable[..., Rendered], shown: Rendered, field: str, old: str, new: str, why: str
):
    assert old in shown.fields[field]
    with pytest.raises(EditRefused) as refused:
        edit(**{field: shown.fields[field].replace(old, new, 1)})
    assert why in str(refused.value)


def test_what_is_not_a_text_of_the_message_cannot_be_edited(edit: Callable[..., Rendered]):
    with pytest.raises(EditRefused, match="'headers' cannot be edited here; there is: subject, text, html"):
        edit(headers="X: y")


def test_what_machines_read_is_not_among_the_texts(shown: Rendered):
    card = {"title": "Hi", "action_url": "/p", "data": {"id": "1"}, "items": ["one", "two"], "anchor": "#a"}
    rendered = shown.model_copy(update={"channel": "webhook", "fields": card})

    assert texts_of(rendered) == {"title": "Hi", "items.0": "one", "items.1": "two"}
    assert with_edits(rendered, {"items.1": "three"}).fields["items"] == ["one", "three"]
