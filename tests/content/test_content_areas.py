"""What of a content, and of a change of it, touches price or compliance."""

from pathlib import Path

import pytest

from content.catalogue import Catalogue
from content.library import Library
from content.reading import read_texts
from content.review import touches, touches_by_change
from journeys.review import Area

PUSH = "title: t\nbody: b\n"


@pytest.mark.parametrize(
    ("text", "areas"),
    [
        (PUSH, ()),
        (f"---\noffer: 10%\n---\n{PUSH}", ("price",)),
        ("title: t\nbody: '{{ offer.discount | percent }} off'\n", ("price",)),
        (f"---\npurpose: transactional\n---\n{PUSH}", ("compliance",)),
        (f"---\nrequires: ['b']\ncategories: [alcohol]\noffer: 5%\n---\n{PUSH}", ("price", "compliance")),
    ],
)
def test_a_content_touches_what_it_promises_and_is_bound_to(
    tmp_path: Path, text: str, areas: tuple[Area, ...]
) -> None:
    file = tmp_path / "content" / "hello" / "push.yaml.j2"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    [entry] = Library.load(tmp_path / "content", Catalogue()).entries
    assert touches(entry.variant) == areas


@pytest.mark.parametrize(
    ("old", "new", "areas"),
    [
        (None, PUSH, ()),
        (f"---\noffer: 10%\n---\n{PUSH}", PUSH, ("price",)),
        (PUSH, f"---\npurpose: transactional\n---\n{PUSH}", ("compliance",)),
        (f"---\nrequires: ['b']\n---\n{PUSH}", f"---\nstatus: retired\n---\n{PUSH}", ()),
    ],
)
def test_a_change_touches_what_either_version_does_but_to_retire_touches_nothing(
    tmp_path: Path, old: str | None, new: str, areas: tuple[Area, ...]
) -> None:
    before, after = (read_texts(tmp_path, "push", {"push.yaml.j2": each or PUSH}) for each in (old, new))
    assert touches_by_change(before if old else None, after) == areas
