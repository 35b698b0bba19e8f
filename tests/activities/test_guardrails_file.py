"""`guardrails` in sojourn.yaml: what is left out has its usual value, and what is wrong is told at its line."""

from pathlib import Path

import pytest

from project.model import load_project
from settings import Settings
from yamlfile import FileProblems

SHOP = """brand: {name: Shop, address: Hamburg, url: "https://shop.example"}
write_keys: [key]
channels: {}
groups: {marketing: {}}
guardrails:
"""


def load(folder: Path, written: str):
    (folder / "sojourn.yaml").write_text(SHOP + written, encoding="utf-8")
    return load_project(Settings(project_dir=folder)).guardrails


def test_what_is_not_written_is_usual(tmp_path: Path):
    rules = load(tmp_path, "  group: marketing\n  complaints: {usual: 0.02%}\n  bounces: {then: warn}\n")
    assert (rules.complaints.usual, rules.complaints.harmful, rules.complaints.at_once) == (0.02, 0.1, 0.3)
    assert (rules.bounces.usual, rules.bounces.harmful, rules.bounces.then) == (2, 5, "warn")
    assert rules.margin is None


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("  complaint: {usual: 1%}\n", "6:3: unknown key 'complaint' (did you mean 'complaints'?)"),
        ("  bounces:\n    usual: 7%\n", "what is harmful lies above what is usual, and below 100 %"),
        ("  bounces:\n    harmful: 1%\n", "7:5: what is harmful lies above what is usual, and below 100 %"),
        ("  margin: {usual: 10, harmful: 12, deviation: 1}\n", "6:23: a harmful margin lies below the usual one"),
        ("  drift: {warn: 0.3}\n", "it acts at more than it warns at"),
        ("  tickets: {events: []}\n", "6:13: this needs at least 1"),
        ("  group: nobody\n", "6:3: there is no group 'nobody'; there are: marketing"),
    ],
)
def test_what_is_wrong_is_told_at_its_line(tmp_path: Path, written: str, problem: str):
    with pytest.raises(FileProblems) as refused:
        load(tmp_path, written)
    assert problem in str(refused.value)
