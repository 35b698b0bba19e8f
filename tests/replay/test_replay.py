"""Every history ever recorded replays on today's code; a change that would break one does not pass here."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.common import SearchAttributeKey
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, WorkflowRunner

from journeys.loader import load_journeys
from journeys.steps import VERBS, verb, walk
from tests.replay.errands import ERRANDS
from tests.replay.stories import STORIES, journey_file
from worker import WORKFLOWS, sandboxed_runner
from workflows.conduct import Conduct
from workflows.journey import CustomerJourney
from workflows.search_attributes import JOURNEY_APPROVAL, JOURNEY_STAGE
from workflows.state import RunInput, RunResult

HISTORIES = sorted((Path(__file__).parent.parent / "histories").glob("*.json"))


def history(file: Path) -> WorkflowHistory:
    text = file.read_text(encoding="utf-8")
    return WorkflowHistory.from_json(json.loads(text)["workflowId"], text)


def kind_of(file: Path) -> str:
    return history(file).events[0].workflow_execution_started_event_attributes.workflow_type.name


async def replay(file: Path, runner: WorkflowRunner, kind: type[Any]) -> None:
    """Replay one history. Raises workflow.NondeterminismError when the workflow would not do the same again."""
    replayer = Replayer(workflows=[kind], data_converter=pydantic_data_converter, workflow_runner=runner)
    await replayer.replay_workflow(history(file))


@pytest.mark.parametrize("file", HISTORIES, ids=lambda file: file.stem)
async def test_what_was_recorded_replays_and_does_nothing_that_the_sandbox_forbids(file: Path) -> None:
    [kind] = [kind for kind in WORKFLOWS if kind.__name__ == kind_of(file)]
    await replay(file, sandboxed_runner(), kind)


def test_every_story_has_its_history_and_every_history_its_story() -> None:
    """`python -m tests.replay.record` makes what is missing."""
    assert {file.stem.rpartition("-")[0] for file in HISTORIES} == STORIES.keys() | ERRANDS.keys()


def test_every_kind_of_workflow_has_a_history() -> None:
    assert {kind_of(file) for file in HISTORIES} == {kind.__name__ for kind in WORKFLOWS}


def test_the_stories_do_every_kind_of_step(tmp_path: Path) -> None:
    for name, story in STORIES.items():
        (tmp_path / f"{name}.yaml").write_text(journey_file(name, story), encoding="utf-8")
    journeys = load_journeys(tmp_path).values()
    assert {verb(step) for journey in journeys for step in walk(journey.steps)} == VERBS.keys()


def test_the_stories_end_in_every_way() -> None:
    ends = {"completed", "stopped", "goal", "stop", "opt_out", "life", "operator"}
    assert ends <= {stage for file in HISTORIES for stage in _stages(file)}


def test_a_story_edits_what_is_asked_about_and_in_one_others_are_asked() -> None:
    done = [event.activity_task_scheduled_event_attributes for event in history(_file("edited-1")).events]
    assert "edit_message" in {each.activity_type.name for each in done}
    assert _values(_file("escalated-1"), JOURNEY_APPROVAL) == ["support", "marketing"]


def _stages(file: Path) -> list[str]:
    """The last says how the run ended."""
    return _values(file, JOURNEY_STAGE)


def _values(file: Path, attribute: SearchAttributeKey[str]) -> list[str]:
    """What a run set one of its search attributes to, in order."""
    upserts = [event.upsert_workflow_search_attributes_event_attributes for event in history(file).events]
    fields = [upsert.search_attributes.indexed_fields for upsert in upserts]
    values = [each[attribute.name].data for each in fields if attribute.name in each]
    return [json.loads(value) for value in values if value]


@workflow.defn(name="CustomerJourney")
class _WithAnotherTimer(CustomerJourney):
    @workflow.init
    def __init__(self, given: RunInput) -> None:
        super().__init__(given)

    @workflow.run
    async def run(self, given: RunInput) -> RunResult:
        await asyncio.sleep(1)
        return await super().run(given)


async def test_another_timer_is_found() -> None:
    with pytest.raises(workflow.NondeterminismError):
        await replay(_file("approved-1"), UnsandboxedWorkflowRunner(), _WithAnotherTimer)


async def test_an_end_that_is_no_longer_written_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def forgets(_: Conduct, outcome: str, reason: str) -> RunResult:
        return RunResult(outcome=outcome, reason=reason)

    monkeypatch.setattr(Conduct, "close", forgets)
    with pytest.raises(workflow.NondeterminismError):
        await replay(_file("approved-1"), UnsandboxedWorkflowRunner(), CustomerJourney)


def _file(stem: str) -> Path:
    return next(file for file in HISTORIES if file.stem == stem)
