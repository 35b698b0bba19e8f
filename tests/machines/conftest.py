"""A town for machines to live in. They try to break what must never happen, each its own promise."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.machines.town import Town, a_town


@pytest.fixture
def town(sqlite_url: str, tmp_path: Path) -> Generator[Town]:
    """On SQLite: the races that only PostgreSQL knows have tests of their own in tests/faults."""
    with a_town(sqlite_url, tmp_path) as ready:
        yield ready
