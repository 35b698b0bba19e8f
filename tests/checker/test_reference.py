"""The reference of the language says everything there is to say, and nothing that is not so."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

import yamlfile
from journeys import parts, steps
from journeys.model import Journey, Start, StartCap
from journeys.shapes import Shape, Shapes

TEXT = (Path(__file__).parents[2] / "docs" / "journey-language.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^##+ (.+?)\n(.*?)(?=^##|\Z)", TEXT, re.DOTALL | re.MULTILINE))
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
MODELS: dict[str, list[type[BaseModel]]] = {
    "The journey": [Journey],
    "Start": [Start, StartCap],
    "Goal and stops": [parts.Goal],
    "Send window and budget": [parts.SendWindow, parts.Budget],
    "What is known of events and customers: `events.yaml`": [Shapes, Shape],
    "wait": [steps.Wait, steps.DateWait, steps.HourWait],
    "wait_for": [steps.WaitFor, steps.Awaited],
    "send": [steps.Send, parts.Offer, parts.ApprovalRule],
    "branch": [steps.Branch, steps.Case],
    "split": [steps.Split, steps.Arm],
    "choose": [steps.Choose, steps.Option, steps.Ways],
    "agent": [steps.Agent, steps.Option],
    **{verb: [steps.VERBS[verb]] for verb in ("approve", "act", "set", "run", "repeat", "stop")},
}
HEAD = "journey: j\nowner: o\n"


def test_every_verb_has_a_section():
    assert set(steps.VERBS) <= set(SECTIONS)


@pytest.mark.parametrize("section", MODELS)
def test_every_key_is_explained(section: str):
    keys = [field.alias or name for model in MODELS[section] for name, field in model.model_fields.items()]
    missing = [key for key in keys if key != "id" and not re.search(rf"`{{?{key}[`:]", SECTIONS[section])]
    assert missing == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.splitlines()[0][:30])
def test_every_example_is_right(example: str):
    model, text = _whole(example)
    yamlfile.validate(model, yamlfile.read(Path("example.yaml"), text))


def _whole(example: str) -> tuple[type[BaseModel], str]:
    """The example with what it leaves out, and what it is an example of."""
    if "journey:" in example:
        return Journey, example
    if example.startswith("events:"):
        return Shapes, example
    start = "" if example.startswith("start:") else "start: {event: Go}\n"
    body = f"steps:\n{example}" if example.startswith("- ") else f"{example}steps: [{{wait: 1h}}]\n"
    return Journey, HEAD + start + body
