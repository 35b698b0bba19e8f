"""What a message looks like, and that data from outside stays data."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.library import Library
from content.metering import LARGEST
from content.rendering import RenderContext, RenderingFailed

Write = Callable[[str, str], Path]
Load = Callable[[], Library]

FRONT = "---\nsubject: Hello\n---\n"
FOOTER = "{{ unsubscribe_url }} {{ brand.address }}\n"
CATALOGUE = """\
products:
  - {product_id: ridgeline-40, name: Ridgeline 40 backpack, price: 149, currency: EUR, category: Backpacks, url: "https://northwind.example/p/ridgeline-40"}
  - {product_id: fell-28, name: Fell 28, price: 89, currency: EUR, category: Backpacks, url: "https://northwind.example/p/fell-28"}
"""

plain_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def about(context: RenderContext, **event: Any) -> RenderContext:
    return context.model_copy(update={"event": event})


def push(write: Write, load: Load, context: RenderContext, body: str) -> str:
    """The body of a push rendered from this template."""
    write("x/push.yaml.j2", "title: t\nbody: |-\n" + "".join(f"  {line}\n" for line in body.splitlines()))
    return load().render("x", "push", context).fields["body"]


def test_a_mail_has_subject_preheader_text_and_html(write: Write, load: Load, context: RenderContext):
    front = "---\nsubject: 'Hello {{ customer.first_name }}'\npreheader: Hi\n---\n"
    write("x/email.html.j2", front + "<h1>{{ subject }}</h1>{{ preheader }} " + FOOTER)
    write("x/email.txt.j2", "{{ subject }} " + FOOTER)

    rendered = load().render("x", "email", context)

    assert rendered.fields == {
        "subject": "Hello Jonas",
        "preheader": "Hi",
        "text": "Hello Jonas https://northwind.example/u/token Hafenstr. 12, Hamburg",
        "html": "<h1>Hello Jonas</h1>Hi https://northwind.example/u/token Hafenstr. 12, Hamburg",
    }
    assert rendered.marketing
    assert rendered.unsubscribe_url == "https://northwind.example/u/token"


def test_a_transactional_message_carries_no_unsubscribe_link(write: Write, load: Load, context: RenderContext):
    write("x/email.txt.j2", "---\nsubject: Receipt\npurpose: transactional\n---\nThank you.\n")

    rendered = load().render("x", "email", context)

    assert (rendered.marketing, rendered.unsubscribe_url) == (False, "")


def test_the_product_comes_from_the_catalogue_rather_than_from_the_event(
    folder: Path, write: Write, load: Load, context: RenderContext
):
    (folder.parent / "catalogue.yaml").write_text(CATALOGUE)
    forged = about(context, product_id="ridgeline-40", name="Free money", price=0, url="https://evil.example")

    body = push(write, load, forged, "{{ product.name }} {{ product.price }} {{ product.url }}")

    assert body == "Ridgeline 40 backpack 149 https://northwind.example/p/ridgeline-40"


def test_related_products_come_with_it(folder: Path, write: Write, load: Load, context: RenderContext):
    (folder.parent / "catalogue.yaml").write_text(CATALOGUE)

    assert push(write, load, context, "{% for p in related %}{{ p.name }}{% endfor %}") == "Fell 28"


def test_nothing_advertises_a_withdrawn_product_unless_it_asks_for_that_itself(
    folder: Path, write: Write, load: Load, context: RenderContext
):
    (folder.parent / "catalogue.yaml").write_text(CATALOGUE.replace("price: 149", "price: 149, withdrawn: true"))

    said = push(write, load, context, "{% if product.withdrawn %}Gone. {{ related[0].name }}?{% endif %}")
    with pytest.raises(RenderingFailed, match="the product 'ridgeline-40' is not sold any more"):
        push(write, load, context, "{{ product.name }}")

    assert said == "Gone. Fell 28?"


def test_a_product_the_catalogue_lacks_is_shown_as_the_event_tells_it(
    write: Write, load: Load, context: RenderContext
):
    told = about(context, product_id=7, name="Kite", price=12.5, currency="EUR", category="Toys")

    body = push(
        write,
        load,
        told,
        "{{ product.name }} {{ product.price | money(product.currency) }} {{ product.category }}",
    )

    assert body == "Kite €12.50 Toys"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://northwind.example/p/kite?a=b", "https://northwind.example/p/kite?a=b"),
        ("https://northwind.example.evil.example/", "https://northwind.example"),
        ("https://northwind.example@evil.example/", "https://northwind.example"),
        ("https://northwind.example\\@evil.example/", "https://northwind.example"),
        ("http://northwind.example/p/kite", "https://northwind.example"),
        ("javascript:alert(1)", "https://northwind.example"),
        ("//evil.example", "https://northwind.example"),
        ("https://[broken", "https://northwind.example"),
        ("", "https://northwind.example"),
    ],
)
def test_a_link_from_an_event_leads_to_the_brands_own_site_or_is_not_followed(
    write: Write, load: Load, context: RenderContext, url: str, shown: str
):
    assert push(write, load, about(context, name="Kite", url=url), "{{ product.url }}") == shown


@pytest.mark.parametrize(
    ("language", "locale", "shown"),
    [
        ("en", "en-IE", "€1,249.50 12.5% Wed, 4 Mar, 10:00"),
        ("en", "en-US", "€1,249.50 12.5% Wed, Mar 4, 10:00\u202fAM"),
        ("en", "de-DE", "€1,249.50 12.5% Wed, Mar 4, 10:00\u202fAM"),
        ("de", "de-AT", "€\xa01.249,50 12,5\xa0% Mi., 4. März, 10:00"),
        ("en", "no such locale", "€1,249.50 12.5% Wed, Mar 4, 10:00\u202fAM"),
    ],
)
def test_amounts_shares_and_moments_read_as_the_customer_writes_them_in_the_contents_language(
    write: Write, load: Load, context: RenderContext, language: str, locale: str, shown: str
):
    customer = context.customer.model_copy(update={"locale": locale})
    write(
        "x/push.yaml.j2",
        f"---\nlanguage: {language}\n---\n"
        "title: t\nbody: '{{ 1249.5 | money(\"EUR\") }} {{ 12.5 | percent }} {{ offer.expires_at | datetime }}'\n",
    )

    rendered = load().render("x", "push", context.model_copy(update={"customer": customer}))

    assert rendered.fields["body"] == shown


def test_an_unknown_time_zone_is_read_as_utc(write: Write, load: Load, context: RenderContext):
    nowhere = context.customer.model_copy(update={"time_zone": "Mars/Olympus"})

    body = push(write, load, context.model_copy(update={"customer": nowhere}), "{{ now | datetime }}")

    assert body == "Tue, 3 Mar, 09:00"


def test_a_property_called_like_a_method_is_the_property(write: Write, load: Load, context: RenderContext):
    assert (
        push(write, load, about(context, items="two", keys="three"), "{{ event.items }} {{ event['keys'] }}")
        == "two three"
    )


# What fails, and where


@pytest.mark.parametrize(
    ("body", "event", "line", "reason"),
    [
        ("Hello\n{{ event.size }}", {}, 4, "there is no 'size' here"),
        ("{{ event['size'] }}", {}, 3, "there is no 'size' here"),
        ("{{ event.keys() }}", {}, 3, "there is no 'keys' here"),
        ("{{ product.name }}", {}, 3, "there is no 'name' here"),
        ("{{ event.price | money('EUR') }}", {"price": "cheap"}, 3, "'cheap' is not a number"),
        ("{{ event.price | money('EUR') }}", {"price": float("nan")}, 3, "nan is not a number"),
        ("{{ event.at | datetime }}", {"at": "noon"}, 3, "'noon' is not a moment with a time zone"),
        ("{{ event.a / event.b }}", {"a": 1, "b": 0}, 3, "division by zero"),
        ("{{ event.name.__class__ }}", {"name": "x"}, 3, "access to attribute '__class__' of 'str'"),
    ],
)  # fmt: skip
def test_what_cannot_be_rendered_is_told_at_its_file_and_line(
    write: Write, load: Load, context: RenderContext, body: str, event: dict[str, Any], line: int, reason: str
):
    with pytest.raises(RenderingFailed) as failed:
        push(write, load, about(context, **event), body)

    assert failed.value.file.name == "push.yaml.j2"
    assert failed.value.reason.startswith(reason)
    assert failed.value.line == line


def test_a_failure_inside_a_layout_is_told_in_the_layout(write: Write, load: Load, context: RenderContext):
    layout = write("_layout/base.txt.j2", FOOTER + "\n{{ customer.nickname }}\n")
    write("x/email.txt.j2", FRONT + "{% extends 'base.txt.j2' %}")

    with pytest.raises(RenderingFailed) as failed:
        load().render("x", "email", context)

    assert failed.value.line == 3
    assert str(failed.value.file) == f"{layout.parents[1].name}/_layout/base.txt.j2"


def test_a_failure_below_front_matter_is_told_at_its_line_in_the_file(
    write: Write, load: Load, context: RenderContext
):
    write("x/email.txt.j2", FRONT + FOOTER + "\n{{ customer.nickname }}\n")

    with pytest.raises(RenderingFailed) as failed:
        load().render("x", "email", context)

    assert str(failed.value) == "content/x/email.txt.j2:6: there is no 'nickname' here"


def test_an_offer_where_there_is_none_fails(write: Write, load: Load, context: RenderContext):
    with pytest.raises(RenderingFailed, match="discount"):
        push(write, load, context.model_copy(update={"offer": None}), "{{ offer.discount | percent }}")


def test_a_title_that_comes_out_empty_is_refused(write: Write, load: Load, context: RenderContext):
    write("x/push.yaml.j2", "title: '{% if offer.discount > 50 %}Wow{% endif %}'\nbody: b\n")

    with pytest.raises(RenderingFailed, match=r"title: .* at least 1") as failed:
        load().render("x", "push", context)

    assert (failed.value.file, failed.value.line) == (Path("content/x/push.yaml.j2"), 1)


def test_a_result_without_end_is_cut_off(write: Write, load: Load, context: RenderContext):
    many = about(context, products=["x" * 400] * (LARGEST // 400 + 1))

    with pytest.raises(RenderingFailed, match="longer than"):
        push(write, load, many, "{% for p in event.products %}{{ p }}{% endfor %}")


# Data from outside


HOSTILE = "<script>alert(1)</script>\"' onload='x' {{ 7 * 7 }} {% raw %} &lt;"


def test_html_in_a_property_is_shown_not_run(write: Write, load: Load, context: RenderContext):
    write("x/email.html.j2", FRONT + '<p title="{{ event.name }}">{{ event.name }}</p>' + FOOTER)
    write("x/email.txt.j2", FOOTER)

    html = load().render("x", "email", about(context, name=HOSTILE)).fields["html"]

    escaped = "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39; onload=&#39;x&#39; {{ 7 * 7 }} {% raw %} &amp;lt;"
    assert html.startswith(f'<p title="{escaped}">{escaped}</p>')


def test_a_template_in_a_property_is_not_rendered(write: Write, load: Load, context: RenderContext):
    assert push(write, load, about(context, name="{{ 7 * 7 }}"), "{{ event.name }}") == "{{ 7 * 7 }}"


def test_a_layouts_html_is_escaped_too(write: Write, load: Load, context: RenderContext):
    write("_layout/parts.html.j2", "{% macro bold(text) %}<b>{{ text }}</b>{% endmacro %}")
    write("x/email.html.j2", FRONT + "{% from 'parts.html.j2' import bold %}{{ bold(event.name) }}" + FOOTER)
    write("x/email.txt.j2", FOOTER)

    html = load().render("x", "email", about(context, name="<i>")).fields["html"]

    assert html.startswith("<b>&lt;i&gt;</b>")


def test_a_subject_is_not_escaped_as_if_it_were_html(write: Write, load: Load, context: RenderContext):
    write("x/email.html.j2", "---\nsubject: '{{ event.name }}'\n---\n" + FOOTER)
    write("x/email.txt.j2", FOOTER)

    assert load().render("x", "email", about(context, name="Salt & Pepper")).fields["subject"] == "Salt & Pepper"


@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r", "\x00", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_a_property_cannot_add_a_line_to_a_header(write: Write, load: Load, context: RenderContext, line_end: str):
    write("x/email.txt.j2", "---\nsubject: 'About {{ event.name }}'\n---\n" + FOOTER)

    fields = load().render("x", "email", about(context, name=f"tea{line_end}Bcc: all@shop.example")).fields

    assert fields["subject"] == "About tea Bcc: all@shop.example"


def test_a_template_cannot_break_a_header_either(write: Write, load: Load, context: RenderContext):
    write("x/push.yaml.j2", "title: \"{{ 'a\\\\nb' }}\"\nbody: b\n")

    with pytest.raises(RenderingFailed, match="title: must be one line"):
        load().render("x", "push", context)


def test_a_property_cannot_turn_the_reading_order(write: Write, load: Load, context: RenderContext):
    assert push(write, load, about(context, name="safe\u202egpj.exe"), "{{ event.name }}") == "safegpj.exe"


@pytest.mark.parametrize(
    "name", ['a": "b', "a\nbody: owned", "- x", "{a: b}", "!!python/object:os.system", "*a", "'"]
)
def test_yaml_in_a_property_does_not_change_the_fields(
    write: Write, load: Load, context: RenderContext, name: str
):
    write(
        "x/push.yaml.j2",
        'title: "{{ event.name }}"\nbody: {{ event.name }}x\n'.replace("{{ event.name }}x", "'b'"),
    )

    fields = load().render("x", "push", about(context, name=name)).fields

    assert fields == {"title": " ".join(name.split()), "body": "b", "data": {}}


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", " JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "/relative", "//x", ""],
)
def test_a_link_that_is_no_web_address_does_not_leave(
    write: Write, load: Load, context: RenderContext, address: str
):
    write("x/email.html.j2", FRONT + '<a href="{{ event.url }}">x</a>' + FOOTER)
    write("x/email.txt.j2", FOOTER)

    with pytest.raises(RenderingFailed, match="is not an address a mail can have") as failed:
        load().render("x", "email", about(context, url=address))

    assert failed.value.file.name == "email.html.j2"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.text(max_size=20) | st.sampled_from(["name", "price", "url"]), plain_data))
def test_whatever_an_event_holds_the_message_has_its_shape_or_rendering_fails(
    write: Write, load: Load, context: RenderContext, event: dict[str, Any]
):
    write(
        "x/push.yaml.j2",
        'title: "T {{ product.name }}"\nbody: "{{ event }} {{ product.url }}"\ndata: {a: "{{ event.price }}"}\n',
    )
    library = load()

    try:
        fields = library.render("x", "push", about(context, **{"name": "n", "price": 1, **event})).fields
    except RenderingFailed:
        return

    assert set(fields) == {"title", "body", "data"}
    assert fields["title"].startswith("T")
    assert fields["title"].splitlines() == [fields["title"]]
    assert fields["body"].endswith("https://northwind.example")


def test_nesting_without_end_is_cut_off(write: Write, load: Load, context: RenderContext):
    deep: Any = "core"
    for _ in range(5000):
        deep = {"in": deep}

    assert push(write, load, about(context, deep=deep), "{{ event.deep['in'] is mapping }}") == "True"


# Purity and versions


def test_the_same_context_always_gives_the_same_message(write: Write, load: Load, context: RenderContext):
    write("x/email.txt.j2", FRONT + "{{ event }} {{ now }} {{ customer }}" + FOOTER)
    library = load()

    assert library.render("x", "email", context) == library.render("x", "email", context)
    assert load().render("x", "email", context) == library.render("x", "email", context)


def test_rendering_leaves_its_context_as_it_was(write: Write, load: Load, context: RenderContext):
    before = context.model_dump_json()

    with pytest.raises(RenderingFailed):
        push(write, load, context, "{{ related.append(1) }}")

    assert context.model_dump_json() == before


FILES = {
    "_layout/base.html.j2": "{% include 'foot.html.j2' %}",
    "_layout/foot.html.j2": FOOTER,
    "_layout/unused.html.j2": "nothing",
    "x/email.html.j2": FRONT + "{% extends 'base.html.j2' %}",
    "x/email.txt.j2": FOOTER,
    "x/push.yaml.j2": "title: a\nbody: b\n",
}


@pytest.mark.parametrize(
    ("changed", "addition"),
    [
        ("_layout/base.html.j2", " "),
        ("_layout/foot.html.j2", " "),
        ("x/email.html.j2", " "),
        ("x/email.html.j2", "{# why #}"),
        ("x/email.txt.j2", "\n"),
    ],
)
def test_any_change_of_a_file_a_mail_is_made_from_changes_its_version(
    write: Write, load: Load, context: RenderContext, changed: str, addition: str
):
    for name, text in FILES.items():
        write(name, text)
    before = load().render("x", "email", context).content_version

    write(changed, FILES[changed] + addition)

    assert load().render("x", "email", context).content_version != before


def test_a_change_of_front_matter_changes_the_version(write: Write, load: Load, context: RenderContext):
    for name, text in FILES.items():
        write(name, text)
    before = load().render("x", "email", context).content_version

    write("x/email.html.j2", FILES["x/email.html.j2"].replace("subject: Hello", "subject:  Hello"))

    assert load().render("x", "email", context).content_version != before


@pytest.mark.parametrize("changed", ["_layout/unused.html.j2", "x/push.yaml.j2"])
def test_a_change_elsewhere_leaves_the_version(write: Write, load: Load, context: RenderContext, changed: str):
    for name, text in FILES.items():
        write(name, text)
    before = load().render("x", "email", context).content_version

    write(changed, FILES[changed] + "# more\n")

    assert load().render("x", "email", context).content_version == before


def test_the_version_does_not_depend_on_the_customer(write: Write, load: Load, context: RenderContext):
    write("x/push.yaml.j2", "title: a\nbody: '{{ event.price }}'\n")
    library = load()

    versions = {library.render("x", "push", about(context, price=Decimal(p))).content_version for p in (1, 2)}

    assert len(versions) == 1


def test_what_the_run_left_is_shown_as_harmless_data(write: Write, load: Load, context: RenderContext):
    found = context.model_copy(update={"run": {"voucher": {"code": "A1\nB2"}, "colour": "red"}})
    assert push(write, load, found, "{{ run.colour }}: {{ run.voucher.code }}") == "red: A1 B2"
    assert load().attributes("x") == {"colour", "voucher"}


def test_what_no_step_left_is_not_rendered_as_nothing(write: Write, load: Load, context: RenderContext):
    with pytest.raises(RenderingFailed, match="there is no 'colour' here"):
        push(write, load, context, "{{ run.colour }}")
