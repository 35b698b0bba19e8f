"""Content that touches price or compliance is approved by whom `review` names, and by nobody else."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from access import Person
from content.catalogue import Catalogue
from content.library import Library
from content.review import touches
from journeys.review import Area
from starter.contents.shelf import ApprovalRefused, Shelf
from tests.conftest import RETAIL

PUSH = "title: t\nbody: b\n"
ADA = Person(email="ada@northwind.example", name="Ada", groups=("marketing",))


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


def test_only_the_group_for_prices_approves_an_offer(tmp_path: Path) -> None:
    """Ada may approve content, but not what is promised."""
    folder = Path(shutil.copytree(RETAIL, tmp_path / "shop"))
    (folder / "content" / "approved.yaml").unlink()
    shelf = Shelf.open(folder)
    careful = replace(shelf, project=shelf.project.model_copy(update={"review": {"price": "finance"}}))
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    with pytest.raises(ApprovalRefused, match="touches price, so 'finance' approves it"):
        careful.approve(careful.entries("browse-offer"), ADA, now)
    assert shelf.approve(shelf.entries("browse-offer"), ADA, now)
