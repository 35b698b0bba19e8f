"""The table of what every door refuses names tests that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_cell_names_tests_that_there_are() -> None:
    text = (ROOT / "docs" / "approvals.md").read_text(encoding="utf-8")
    section = text.partition("## What every door refuses")[2].partition("\n## ")[0]
    cells = [cell for row in section.splitlines() if row.startswith("| ") for cell in row.split("|")[2:-1]]
    named = {name for cell in cells for name in re.findall(r"`([a-z_]+)(?:…[a-z_]*)?`", cell)}
    tests = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").glob("*/test_*.py"))
    assert len(named) > 20
    assert [name for name in sorted(named) if f"def test_{name}" not in tests] == []
