"""Only what a person approved leaves, and only as it was approved."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from content.catalogue import Catalogue
from content.library import Library
from content.rendering import OfferTerms, RenderContext, RenderingFailed, UnknownContent
from tests.approving import approve_content
from yamlfile import FileProblems

Write = Callable[[str, str], Path]

PUSH = "title: Hello\nbody: World\n"
MAIL = "---\nsubject: Hello\n---\n{% include 'foot.txt.j2' %}\n"
FOOT = "{{ unsubscribe_url }} {{ brand.address }}"


def standing(folder: Path) -> dict[str, str]:
    """Where each content stands, by its name."""
    return {entry.name: entry.standing.state for entry in Library.load(folder, Catalogue()).entries}


def test_what_nobody_approved_does_not_leave(folder: Path, write: Write, context: RenderContext):
    write("hello/push.yaml.j2", PUSH)

    assert standing(folder) == {"hello": "in_review"}
    with pytest.raises(UnknownContent, match="'hello' for push may not leave: nobody has approved it yet"):
        Library.load(folder, Catalogue()).render("hello", "push", context)


def test_what_was_approved_leaves(folder: Path, write: Write, context: RenderContext):
    write("hello/push.yaml.j2", PUSH)
    approve_content(folder.parent)

    assert Library.load(folder, Catalogue()).render("hello", "push", context).fields["title"] == "Hello"


def test_a_changed_file_is_a_draft_again_and_says_who_had_approved_it(folder: Path, write: Write):
    write("hello/push.yaml.j2", PUSH)
    approve_content(folder.parent)
    write("hello/push.yaml.j2", PUSH.replace("World", "Wurld"))

    library = Library.load(folder, Catalogue())

    assert library.names() == []
    assert library.entries[0].standing.state == "draft"
    assert library.entries[0].standing.why == "it was changed since ada@northwind.example approved it"


def test_what_was_changed_back_is_approved_again(folder: Path, write: Write):
    write("hello/push.yaml.j2", PUSH)
    approve_content(folder.parent)
    write("hello/push.yaml.j2", PUSH + " ")
    write("hello/push.yaml.j2", PUSH)

    assert standing(folder) == {"hello": "approved"}


def test_a_changed_layout_makes_every_mail_that_uses_it_a_draft(folder: Path, write: Write):
    write("_layout/foot.txt.j2", FOOT)
    write("mail/email.txt.j2", MAIL)
    write("push/push.yaml.j2", PUSH)
    approve_content(folder.parent)
    write("_layout/foot.txt.j2", FOOT + " changed")

    assert standing(folder) == {"mail": "draft", "push": "approved"}


def test_what_is_retired_does_not_leave_though_it_was_approved(folder: Path, write: Write):
    write("hello/push.yaml.j2", "---\nstatus: retired\n---\n" + PUSH)
    approve_content(folder.parent)

    assert standing(folder) == {"hello": "retired"}
    assert Library.load(folder, Catalogue()).names() == []


def test_a_rehearsal_plays_what_nobody_approved_but_not_what_is_retired(folder: Path, write: Write):
    write("new/push.yaml.j2", PUSH)
    write("old/push.yaml.j2", "---\nstatus: retired\n---\n" + PUSH)

    assert Library.load(folder, Catalogue(), unapproved=True).names() == ["new"]


def test_an_approval_that_names_no_version_is_told_at_its_line(folder: Path, write: Write):
    write("hello/push.yaml.j2", PUSH)
    file = write("approved.yaml", "hello:\n  push: {version: any, by: ada, at: 2026-03-03T09:00:00+00:00}\n")

    with pytest.raises(FileProblems, match=rf"{file}:2:\d+: String should match"):
        Library.load(folder, Catalogue())


def test_a_content_promises_no_more_than_it_was_approved_for(folder: Path, write: Write, context: RenderContext):
    write("hello/push.yaml.j2", "---\noffer: 10%\n---\ntitle: t\nbody: '{{ offer.discount | percent }} off'\n")
    approve_content(folder.parent)
    library = Library.load(folder, Catalogue())
    larger = OfferTerms(discount=15, expires_at=datetime(2026, 3, 3, tzinfo=UTC) + timedelta(days=1))

    assert library.render("hello", "push", context).fields["body"] == "10% off"
    with pytest.raises(RenderingFailed, match="may promise at most 10 %; the step offers 15 %"):
        library.render("hello", "push", context.model_copy(update={"offer": larger}))


def test_a_text_that_a_content_requires_must_be_in_it(folder: Path, write: Write):
    front = "---\nrequires: ['Drink  responsibly.']\n---\n"
    file = write("wine/push.yaml.j2", front + PUSH)

    with pytest.raises(FileProblems, match=rf"{file}:2:12: the text that it requires is not in it"):
        Library.load(folder, Catalogue())
    write("wine/push.yaml.j2", front + PUSH + "data: {note: drink responsibly.}\n")
    assert standing(folder) == {"wine": "in_review"}


def test_a_time_that_ends_before_it_begins_is_told(folder: Path, write: Write):
    front = "---\nvalid_from: 2026-03-03T00:00:00Z\nvalid_until: 2026-03-02T00:00:00Z\n---\n"
    write("hello/push.yaml.j2", front + PUSH)

    with pytest.raises(FileProblems, match="valid_until must be later than valid_from"):
        Library.load(folder, Catalogue())


def test_a_content_is_about_its_product_where_the_event_names_none(
    folder: Path, write: Write, context: RenderContext
):
    (folder.parent / "catalogue.yaml").write_text(
        "products:\n- {product_id: kite, name: Kite, price: 9, currency: EUR, category: Toys, url: 'https://a.example/k'}\n"
    )
    write("hello/push.yaml.j2", "---\nproduct: kite\n---\ntitle: t\nbody: '{{ product.name }}'\n")
    approve_content(folder.parent)
    library = Library.load(folder, Catalogue.load(folder.parent / "catalogue.yaml"))

    assert library.render("hello", "push", context.model_copy(update={"event": {}})).fields["body"] == "Kite"
