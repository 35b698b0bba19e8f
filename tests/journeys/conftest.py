"""Journeys as text, so that a test shows what a marketer would write."""

from collections.abc import Callable
from pathlib import Path

import pytest

from journeys.loader import load_journey
from journeys.model import Journey

HEAD = "journey: j\nowner: o@shop.example\nstart: {event: Go}\nsteps:\n"
"""Four lines, so that the first step stands in line 5."""


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Journey]:
    """The journey in a file with this text."""

    def reading(text: str) -> Journey:
        file = tmp_path / "journey.yaml"
        file.write_text(text, encoding="utf-8")
        return load_journey(file)

    return reading
