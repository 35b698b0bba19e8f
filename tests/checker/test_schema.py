"""The published schema: current, and as strict and as lenient as the model."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import yamlfile
from journeys.schema import journey_schema
from starter.cli import run
from tests.checker.test_mistakes import GOOD

ROOT = Path(__file__).parents[2]
VALIDATOR = jsonschema.Draft202012Validator(journey_schema())


def _journey(text: str) -> Any:
    return yamlfile.plain(yamlfile.read(Path("j.yaml"), text).root)


def test_the_published_schema_is_current(capsys: pytest.CaptureFixture[str]):
    assert run(["journey", "schema"]) == 0
    published = (ROOT / "docs" / "schema" / "journey.schema.json").read_text(encoding="utf-8")
    assert capsys.readouterr().out == published, "run: sojourn journey schema > docs/schema/journey.schema.json"


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(journey_schema())


@pytest.mark.parametrize("file", sorted(ROOT.glob("examples/*/journeys/*.yaml")), ids=lambda file: file.stem)
def test_every_example_fits(file: Path):
    VALIDATOR.validate(_journey(file.read_text(encoding="utf-8")))


def test_every_kind_of_step_and_every_short_form_fits():
    VALIDATOR.validate(_journey(GOOD))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("owner:", "owmer:"),
        ("tier: supervised", "tier: watched"),
        ("within: 2d", "within: [2d]"),
        ("send: [push, email]", "sned: [push, email]"),
        ("again: after 7d", "again: sometimes"),
        ("discount: 10%", "discount: ten"),
        ("repeat: 3", "repeat: 0"),
        ("about: Go on?", "about: {}"),
    ],
)
def test_what_the_model_refuses_does_not_fit(right: str, wrong: str):
    assert right in GOOD
    assert not VALIDATOR.is_valid(_journey(GOOD.replace(right, wrong, 1)))


def test_a_step_is_named_by_its_verb():
    kinds = {ref["$ref"].rpartition("/")[2] for ref in journey_schema()["$defs"]["Step"]["oneOf"]}
    titles = [journey_schema()["$defs"][kind]["title"] for kind in sorted(kinds)]
    assert "wait_for" in titles
    assert len(titles) == 13


def test_it_can_be_read_as_json():
    assert json.loads(json.dumps(journey_schema())) == journey_schema()
