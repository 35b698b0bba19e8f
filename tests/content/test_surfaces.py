"""`surfaces.yaml`, and the content that it puts together for a customer, on a page and in a mail."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from content.catalogue import Catalogue
from content.library import Library
from content.rendering import Recipient, RenderContext
from policies.registry import load_policies
from yamlfile import FileProblems

Write = Callable[[str, str], Path]
Load = Callable[[], Library]
SURFACES = """\
surfaces:
  homepage:
    slots:
      hero:
        variants: [{content: club, if: customer.club == true}, wine, spring]
"""


@pytest.fixture
def shop(folder: Path, write: Write) -> Path:
    (folder.parent / "policies.yaml").write_text("restricted_categories: {}\n")
    (folder.parent / "surfaces.yaml").write_text(SURFACES)
    write("club/slot.yaml.j2", 'title: "Hello {{ customer.first_name }}"\n')
    write("wine/slot.yaml.j2", '---\ncategories: [alcohol]\n---\ntitle: "A glass by the fire"\n')
    write("spring/slot.yaml.j2", '---\nlanguage: en\n---\ntitle: "Spring"\naction_url: /spring\n')
    return folder


def someone(context: RenderContext, locale: str = "en", **traits: object) -> RenderContext:
    return context.model_copy(update={"customer": Recipient(traits=traits, locale=locale)})


def why(library: Library, context: RenderContext) -> dict[str, str]:
    assembly = library.assemble("homepage", context).assembly
    return {pick.content: pick.why for pick in (*assembly.picks, *assembly.passed_over)}


def test_each_gets_the_first_that_is_for_them(shop: Path, load: Load, context: RenderContext):
    library = load()

    member = library.assemble("homepage", someone(context, club=True, first_name="Jo"))
    [part] = member.parts

    assert (part.pick.content, part.fields["title"]) == ("club", "Hello Jo")
    assert part.pick.why == "because customer.club == true"


def test_what_is_restricted_is_not_shown_to_whoever_may_be_too_young(
    shop: Path, load: Load, context: RenderContext
):
    library = load()

    assert why(library, someone(context)) == {
        "club": "only if customer.club == true",
        "wine": "'alcohol' is restricted, and the customer's age is unknown",
        "spring": "for everyone whom it fits",
    }
    assert [part.pick.content for part in library.assemble("homepage", someone(context, age=40)).parts] == ["wine"]


def test_slots_are_judged_by_the_policies_that_went_live_since_the_folder_was_read(
    shop: Path, load: Load, context: RenderContext
):
    library = load()
    library.judge_by(load_policies(Path("policies.yaml"), "content_fit: {other_language: allow}\n"))

    assert why(library, someone(context, locale="de-AT"))["wine"] == "for everyone whom it fits"
    library.take_up(library.with_published({}))
    assert why(library, someone(context, locale="de-AT"))["wine"] == "for everyone whom it fits"


@pytest.mark.parametrize("most", [25, 30])
def test_a_slot_promises_no_larger_discount_than_the_policies_allow(
    shop: Path, load: Load, write: Write, context: RenderContext, most: int
):
    (shop.parent / "policies.yaml").write_text(f"restricted_categories: {{}}\ndiscount_cap: {{most: {most}}}\n")
    write("spring/slot.yaml.j2", '---\noffer: 30%\n---\ntitle: "30 % off"\n')

    said = why(load(), someone(context))["spring"]

    assert said == ("for everyone whom it fits" if most == 30 else "a discount of 30 % is above the cap of 25 %")


@pytest.mark.parametrize(
    ("policies", "traits", "says"),
    [
        ("objection: {}", {"objects_to_marketing": True}, "the customer objected to direct marketing"),
        ("objection: {}", {}, ""),
        (
            "high_value: {attribute: spent, at_least: 1000}",
            {"spent": 5000},
            "30 % off is above 5 % for a high-value customer",
        ),
        ("high_value: {attribute: spent, at_least: 1000}", {"spent": 50}, ""),
        ("margin_floor: {unknown: deny}", {}, "the catalogue does not say what margin the product has"),
        ("margin_floor: {}", {}, ""),
        ("rules: {r: {when: customer.in_dispute, message: not now}}", {"in_dispute": True}, "not now"),
        ("rules: {r: {when: customer.in_dispute, message: not now}}", {}, ""),
        ("rules: {r: {when: 'action.text.contains(\"off\")', message: said off}}", {}, "said off"),
        ("rules: {r: {when: 'action.channel == \"slot\"', message: no slots, verdict: hold}}", {}, "no slots"),
        ("rules: {r: {when: 'action.discount > 20', message: ask, verdict: needs_approval, group: a}}", {}, ""),
        ("rules: {r: {when: 'contacts.size() == 0', message: not first}}", {}, ""),
    ],
)
def test_a_slot_is_judged_by_what_policies_know_of_who_reads_it(
    shop: Path,
    load: Load,
    write: Write,
    context: RenderContext,
    policies: str,
    traits: dict[str, Any],
    says: str,
):
    (shop.parent / "policies.yaml").write_text(f"restricted_categories: {{}}\n{policies}\n")
    write("spring/slot.yaml.j2", '---\noffer: 30%\n---\ntitle: "30 % off"\n')

    assert why(load(), someone(context, **traits))["spring"] == (says or "for everyone whom it fits")


@pytest.mark.parametrize(
    ("policies", "asked"),
    [
        ("objection: {}", {"club": (), "objects_to_marketing": (), "gpc": ()}),
        ("rules: {r: {when: customer.orders.count == 0, message: m}}", {"club": (), "orders": ()}),
        ("rules: {r: {when: size(customer) > 3, message: m}}", None),
    ],
)
def test_what_policies_look_at_is_looked_up_before_a_slot_is_filled(
    shop: Path, load: Load, policies: str, asked: dict[str, Any] | None
):
    (shop.parent / "policies.yaml").write_text(f"{policies}\n")

    assert load().asks("homepage") == asked


def test_what_is_in_another_language_is_passed_over(shop: Path, load: Load, context: RenderContext):
    assert why(load(), someone(context, locale="de-AT"))["spring"].startswith("the content is in 'en'")


def test_what_cannot_be_made_for_someone_is_passed_over(shop: Path, load: Load, context: RenderContext):
    reason = why(load(), someone(context, club=True))["club"]

    assert reason == "it cannot be made for them: there is no 'first_name' here"


def test_what_was_changed_since_it_was_approved_is_passed_over(
    shop: Path, load: Load, write: Write, context: RenderContext
):
    load()
    write("spring/slot.yaml.j2", 'title: "Another spring"\n')
    library = Library.load(shop, Catalogue())

    assert why(library, someone(context))["spring"].startswith("it may not be shown: it was changed since")


MAIL = """\
---
subject: "News"
surface: homepage
---
{% for part in slots.hero %}{{ part.title }}{% endfor %}

{{ brand.address }} {{ unsubscribe_url }}
"""


def test_a_mail_is_put_together_from_its_slots(shop: Path, load: Load, write: Write, context: RenderContext):
    write("news/email.txt.j2", MAIL)
    library = load()

    for_all = library.render("news", "email", someone(context))
    for_adults = library.render("news", "email", someone(context, age=40))

    assert for_all.fields["text"].startswith("Spring\n")
    assert [(pick.slot, pick.content) for pick in for_all.picks] == [("hero", "spring")]
    assert for_adults.categories == {"alcohol"}
    assert for_all.content_version != for_adults.content_version


def test_a_receipt_brings_no_marketing_to_whoever_objected_to_it(
    shop: Path, load: Load, write: Write, context: RenderContext
):
    (shop.parent / "policies.yaml").write_text("restricted_categories: {}\nobjection: {}\n")
    write("receipt/email.txt.j2", MAIL.replace('subject: "News"', 'subject: "Receipt"\npurpose: transactional'))
    library = load()

    for_all = library.render("receipt", "email", someone(context))
    objecting = library.render("receipt", "email", someone(context, objects_to_marketing=True))

    assert ([pick.content for pick in for_all.picks], objecting.picks) == (["spring"], ())
    assert "Spring" not in objecting.fields["text"]


@pytest.mark.parametrize(
    ("surfaces", "problem"),
    [
        (SURFACES.replace("spring]", "sprng]"), "5:70: there is no content 'sprng' (did you mean 'spring'?)"),
        (SURFACES.replace("spring]", "news]"), "the content 'news' has nothing for slots"),
        (SURFACES.replace("customer.club", "visitor.club"), "uses 'visitor'; it may use customer, now"),
        (SURFACES.replace("variants:", "variant:"), "5:9: unknown key 'variant' (did you mean 'variants'?)"),
        (SURFACES + '    legal: ["Prices include VAT."]\n', "6:13: no required slot is sure to say this"),
        (SURFACES.replace("homepage", "frontpage"), "surfaces.yaml has no surface 'homepage'"),
    ],
)
def test_a_wrong_surface_is_told_at_its_line(shop: Path, load: Load, write: Write, surfaces: str, problem: str):
    write("news/email.txt.j2", MAIL)
    (shop.parent / "surfaces.yaml").write_text(surfaces)

    with pytest.raises(FileProblems) as caught:
        load()

    assert problem in str(caught.value)
