"""A shop's content folder to write into, and a customer to render for."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from content.catalogue import Catalogue
from content.library import Library
from content.rendering import OfferTerms, Recipient, RenderContext
from project.model import Brand
from tests.approving import approve_content

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "content").mkdir()
    return tmp_path / "content"


@pytest.fixture
def write(folder: Path) -> Callable[[str, str], Path]:
    """Write one file of the content folder, as `hello/push.yaml.j2`."""

    def written(name: str, text: str) -> Path:
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return written


@pytest.fixture
def load(folder: Path) -> Callable[[], Library]:
    """Load the library, everything in it approved."""

    def loaded() -> Library:
        catalogue = Catalogue.load(folder.parent / "catalogue.yaml")
        if folder.is_dir():
            Library.load(folder, catalogue)
            approve_content(folder.parent)
        return Library.load(folder, catalogue)

    return loaded


@pytest.fixture
def context() -> RenderContext:
    return RenderContext(
        brand=Brand(name="Northwind", address="Hafenstr. 12, Hamburg", url="https://northwind.example"),
        customer=Recipient(traits={"first_name": "Jonas"}, locale="en-IE", time_zone="Europe/Berlin"),
        event={"product_id": "ridgeline-40", "name": "Ridgeline 40", "price": 149.0, "currency": "EUR"},
        offer=OfferTerms(discount=10, expires_at=NOW + timedelta(hours=24)),
        unsubscribe_url="https://northwind.example/u/token",
        preferences_url="https://northwind.example/p/token",
        now=NOW,
        delivery_id="d_1",
    )
