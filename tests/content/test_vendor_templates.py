"""A template's text, which the vendor keeps, is said by the content for whoever approves it."""

from pathlib import Path

import pytest

from content.reading import read_texts
from content.vendor_templates import filled_in
from yamlfile import FileProblems

BODY = "template: browse_offer\nlanguage: en\nparameters: ['{{ product.name }}', '{{ offer.discount }}']\n"


def read(folder: Path, text: str, body: str = BODY) -> None:
    """Read a content that says its template's text in its third line."""
    front = f"---\npurpose: marketing\ntemplate_text: '{text}'\n---\n"
    read_texts(folder / "offer", "whatsapp", {"whatsapp.yaml.j2": front + body})


def test_each_place_is_filled_once_with_its_parameter_and_never_twice_over():
    assert filled_in("{{2}} off {{ 1 }}, {{2}}!", ["the {{2}} tent", "10%"]) == "10% off the {{2}} tent, 10%!"


def test_a_text_with_a_place_for_each_parameter_is_right(tmp_path: Path):
    read(tmp_path, "The {{1}} is {{2}} less.")


@pytest.mark.parametrize(
    ("text", "body", "told"),
    [
        ("The {{1}} is {{2}} less until {{3}}.", BODY, "nothing fills {{3}}: there are 2 parameters"),
        ("The {{1}} is less.", BODY, "it has no {{2}}, and there are 2 parameters"),
        ("The {{0}} {{1}} is {{2}} less.", BODY, "nothing fills {{0}}"),
        ("Back in stock", "text: Back in stock\n", "there is no template"),
    ],
)
def test_what_does_not_fit_is_told_at_its_line(tmp_path: Path, text: str, body: str, told: str):
    with pytest.raises(FileProblems) as wrong:
        read(tmp_path, text, body)
    [problem] = wrong.value.problems
    assert (problem.line, told in problem.message) == (3, True)
