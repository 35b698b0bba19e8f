"""What the core of Temporal's SDK has to say goes to the log."""

from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from keys.customers import open_keys
from settings import Settings
from starter.temporal import CORE_LOG, connect
from tests.waiting import eventually

QUEUE = "core-log"


@workflow.defn
class FailsItsTask:
    """The core warns of a workflow task that fails, and Temporal tries it again."""

    @workflow.run
    async def run(self) -> None:
        raise RuntimeError("a bug")


async def test_a_warning_of_the_core_is_logged_and_not_printed_amid_what_a_command_says(
    temporal_address: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(state_dir=tmp_path, temporal_address=temporal_address)

    async def is_logged() -> bool:
        return any("Failing workflow task" in r.getMessage() for r in caplog.records if r.name == CORE_LOG)

    async with open_keys(settings) as keys:
        temporal = await connect(settings, keys)
        async with Worker(
            temporal,
            task_queue=QUEUE,
            workflows=[FailsItsTask],
            workflow_runner=UnsandboxedWorkflowRunner(),
            build_id="test",
        ):
            run = await temporal.start_workflow(
                FailsItsTask.run, id=QUEUE, task_queue=QUEUE, run_timeout=timedelta(minutes=5)
            )
            await eventually(is_logged)
            await run.terminate()
    assert capfd.readouterr().out == ""
