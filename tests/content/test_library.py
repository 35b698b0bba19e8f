"""What the library says when it is loaded."""

from collections.abc import Callable
from pathlib import Path

import pytest

from content.library import Library
from content.rendering import RenderContext, UnknownContent
from yamlfile import FileProblems

Write = Callable[[str, str], Path]
Load = Callable[[], Library]

PUSH = "title: Hello\nbody: World\n"
FRONT = "---\nsubject: Hello\n---\n"
FOOTER = "{{ unsubscribe_url }} {{ brand.address }}\n"


def test_content_is_found_by_name_and_channel(write: Write, load: Load):
    write("hello/email.txt.j2", FRONT + FOOTER)
    write("hello/push.yaml.j2", PUSH)
    write("bye/push.yaml.j2", PUSH)

    library = load()

    assert library.names() == ["bye", "hello"]
    assert library.channels("hello") == ["email", "push"]


def test_a_misspelt_content_is_answered_with_the_nearest_name(write: Write, load: Load):
    write("hello/push.yaml.j2", PUSH)

    with pytest.raises(UnknownContent, match=r"there is no content 'helo' \(did you mean 'hello'\?\)"):
        load().channels("helo")


def test_a_channel_without_a_variant_is_told_with_those_there_are(
    write: Write, load: Load, context: RenderContext
):
    write("hello/push.yaml.j2", PUSH)

    with pytest.raises(UnknownContent, match="the content 'hello' has nothing for email; it has push"):
        load().render("hello", "email", context)


def test_a_draft_is_checked_but_never_leaves(write: Write, load: Load, context: RenderContext):
    write("hello/push.yaml.j2", "---\nstatus: draft\n---\n" + PUSH)
    library = load()

    assert library.names() == []
    with pytest.raises(
        UnknownContent, match="'hello' for push may not leave: its front matter says that it is a draft"
    ):
        library.render("hello", "push", context)


def test_a_draft_with_a_fault_is_a_problem_too(write: Write, load: Load):
    file = write("hello/push.yaml.j2", "---\nstatus: draft\n---\ntitle: '{{ produkt }}'\nbody: x\n")

    assert problems(load) == [f"{file}:4:12: unknown name 'produkt' (did you mean 'product'?)"]


def test_a_channel_of_its_own_may_have_any_fields(write: Write, load: Load, context: RenderContext):
    write("hello/sms.yaml.j2", 'text: "Hello {{ customer.first_name }}"\n')

    assert load().render("hello", "sms", context).fields == {"text": "Hello Jonas"}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("push.yaml.j2", "---\nstatsu: draft\n---\n" + PUSH, "2:1: unknown key 'statsu' (did you mean 'status'?)"),
        ("push.yaml.j2", "---\nstatus: done\n---\n" + PUSH, "2:1: Input should be 'draft', 'in_review' or"),
        ("push.yaml.j2", "---\nstatus: approved\n---\n" + PUSH, "2:1: a file does not approve itself"),
        ("push.yaml.j2", "---\nlanguage: klingon\n---\n" + PUSH, "2:1: 'klingon' is not a language"),
        ("push.yaml.j2", "---\nstatus: draft\n" + PUSH, "1:1: the front matter has no end"),
        ("push.yaml.j2", "title: Hello\n", "1:1: 'body' is missing"),
        ("push.yaml.j2", PUSH + "tilte: x\n", "3:1: unknown key 'tilte' (did you mean 'title'?)"),
        ("push.yaml.j2", "title: 7\nbody: x\n", "1:1: Input should be a valid string"),
        ("push.yaml.j2", "title: {{ product.name }}\nbody: x\n", "1:1: Input should be a valid string"),
        ("push.yaml.j2", "title: [x\n", "2:1: expected ',' or ']', but got '<stream end>'"),
        ("push.yaml.j2", "- title\n", "1:1: expected fields, each with its text"),
        ("push.yaml.j2", "title: x\nbody: '{{ brand.nmae }}'\n", "2:17: 'brand' has no 'nmae' (did you mean"),
        ("push.yaml.j2", "title: x\nbody: '{{ brand.name | upcase }}'\n", "2:1: No filter named 'upcase'."),
        ("push.yaml.j2", "title: x\nbody: '{{ brand.name }'\n", "2:1: unexpected '}'"),
        ("push.yaml.j2", "title: x\nbody: '{{ brand.name | safe }}'\n", "2:1: No filter named 'safe'."),
        ("push.yaml.j2", "title: x\nbody: '{{ range(9) }}'\n", "2:11: unknown name 'range' ("),
        ("letter.yaml.j2", "text: x\ncount: 3\n", "2:1: 3 is not a text (put it in quotes)"),
        ("email.txt.j2", "---\npreheader: x\n---\n" + FOOTER, "2:1: 'subject' is missing"),
        ("email.txt.j2", FRONT + "\n{{ produc.name }}\n" + FOOTER, "5:4: unknown name 'produc' (did you"),
        ("email.txt.j2", FRONT + "\n{% if offer %}\n" + FOOTER, "6:1: Unexpected end of template."),
        ("email.txt.j2", FRONT + "{{ brand.address }}\n", "4:1: a marketing mail must show unsubscribe_url"),
        ("email.txt.j2", FRONT + "{{ unsubscribe_url }}\n", "4:1: a marketing mail must show brand.address"),
        ("email.txt.j2", FRONT + "{% extends 'mail' %}", "4:1: there is no layout 'mail'"),
        ("email.txt.j2", FRONT + "{% extends brand.name %}", "4:1: name the layout in plain quotes"),
        ("email.txt.j2", "---\nsubject: '{{ custmer.x }}'\n---\n" + FOOTER, "2:14: unknown name 'custmer'"),
        ("email.html.j2", FRONT + FOOTER, "1:1: a mail needs its text beside the HTML"),
        ("email.yaml.j2", "text: x\n", "1:1: this is not the name of a content file"),
        ("push.txt.j2", "x", "1:1: this is not the name of a content file"),
        ("push.yaml", PUSH, "1:1: this is not the name of a content file"),
    ],
)  # fmt: skip
def test_a_fault_is_told_at_its_line_and_column(write: Write, load: Load, name: str, text: str, expected: str):
    file = write(f"hello/{name}", text)

    assert any(problem.startswith(f"{file}:{expected}") for problem in problems(load)), problems(load)


def test_escaping_cannot_be_switched_off(write: Write, load: Load):
    write("hello/email.txt.j2", FOOTER)
    html = FRONT + "{% autoescape false %}{{ event.name }}{% endautoescape %}" + FOOTER
    file = write("hello/email.html.j2", html)

    assert problems(load) == [f"{file}:4:1: escaping cannot be switched off"]


def test_a_mail_has_one_front_matter(write: Write, load: Load):
    write("hello/email.html.j2", FRONT + FOOTER)
    file = write("hello/email.txt.j2", FRONT + FOOTER)

    assert problems(load) == [f"{file}:1:1: the front matter of this mail stands in email.html.j2"]


def test_a_transactional_mail_needs_no_unsubscribe_link(write: Write, load: Load):
    write("receipt/email.txt.j2", "---\nsubject: Receipt\npurpose: transactional\n---\nThank you.\n")

    assert load().channels("receipt") == ["email"]


def test_what_the_law_wants_may_stand_in_the_layout(write: Write, load: Load):
    write("_layout/base.txt.j2", "{% block body %}{% endblock %}\n{% include 'foot.txt.j2' %}")
    write("_layout/foot.txt.j2", FOOTER)
    write("hello/email.txt.j2", FRONT + "{% extends 'base.txt.j2' %}{% block body %}Hi{% endblock %}")

    assert load().names() == ["hello"]


def test_a_fault_in_a_layout_is_told_once_and_in_the_layout(write: Write, load: Load):
    layout = write("_layout/base.txt.j2", FOOTER + "{% block body %}")
    for name in ("one", "two"):
        write(f"{name}/email.txt.j2", FRONT + "{% extends 'base.txt.j2' %}")

    assert [problem.partition(": ")[0] for problem in problems(load)] == [f"{layout}:2:1"]


def test_the_faults_of_all_files_are_told_at_once(write: Write, load: Load):
    first = write("a/push.yaml.j2", "title: x\n")
    second = write("b/push.yaml.j2", "body: x\n")

    assert problems(load) == [f"{first}:1:1: 'body' is missing", f"{second}:1:1: 'title' is missing"]


def test_a_content_without_any_channel_is_a_problem(folder: Path, load: Load):
    (folder / "empty").mkdir()

    assert problems(load)[0].startswith(f"{folder / 'empty'}:1:1: this content has no channel")


def test_a_project_without_a_content_folder_is_told_so(folder: Path, load: Load):
    folder.rmdir()

    assert problems(load) == [f"{folder}:1:1: there is no such folder"]


@pytest.mark.parametrize(
    ("body", "needed"),
    [
        ("Yours.", False),
        ("{% if offer %}{{ offer.discount }} % off{% endif %}", False),
        ("{{ offer.discount if offer else 'nothing' }}", False),
        ("{% if offer and customer %}{{ offer.discount }}{% else %}as ever{% endif %}", False),
        ("{{ offer.discount }} % off", True),
        ("{% if offer %}x{% else %}{{ offer.discount }}{% endif %}", True),
        ("{% if customer.vip is defined %}{{ offer.discount }}{% endif %}", True),
    ],
)
def test_a_content_that_shows_its_offer_in_any_case_needs_one(write: Write, load: Load, body: str, needed: bool):
    write("x/push.yaml.j2", f'title: Hi\nbody: "{body}"\n')

    assert load().needs_offer("x") is needed


def problems(load: Load) -> list[str]:
    with pytest.raises(FileProblems) as caught:
        load()
    return [str(problem) for problem in caught.value.problems]
