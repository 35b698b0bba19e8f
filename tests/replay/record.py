"""Records the histories of the stories and of what runs beside them, in a minute and with the local parts only:
`python -m tests.replay.record`.

Run it for a release and when a story is new. Once there is a release, keep its histories beside the new ones:
runs that began under it go on. What is written is what a replay needs, without the names of machines.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from store.database import Database
from tests.replay.errands import ERRANDS
from tests.replay.stories import STORIES, Story, journey_file, start_event
from tests.retail import TENT, RetailShop, Shopper, retail_shop, retail_with
from tests.waiting import eventually
from workflows import search_attributes

HISTORIES = Path(__file__).parent.parent / "histories"
_NOT_NEEDED = {"stackTrace", "identity", "requestId", "taskId", "workerVersion", "userMetadata", "memo"}
_LONG = 60
"""Events after which the recording server suggests to continue as new, so that a short story can."""


async def record(folder: Path) -> None:
    """Play every story and write its histories into `folder`, one file for each execution."""
    with tempfile.TemporaryDirectory() as scratch:
        state = Path(scratch, "recording")
        project = retail_with(state, {name: journey_file(name, story) for name, story in STORIES.items()})
        _let_support_escalate(project / "sojourn.yaml")
        database = Database(f"sqlite:///{state / 'recording.db'}")
        async with _server() as temporal, retail_shop(database, temporal, state, project) as shop:
            for name, story in STORIES.items():
                print(name, flush=True)
                await _play(shop, name, story, folder)
            for name, errand in ERRANDS.items():
                print(name, flush=True)
                handle = await errand(shop)
                await handle.result()
                await _write_chain(shop.services.temporal, handle.id, "", folder / name)
        await database.close()


def _let_support_escalate(file: Path) -> None:
    """What support leaves unanswered, marketing is asked."""
    text, roles = file.read_text(encoding="utf-8"), "roles: [approver, ops]"
    assert roles in text
    file.write_text(text.replace(roles, f"{roles}, escalate_to: marketing"), encoding="utf-8")


@asynccontextmanager
async def _server() -> AsyncGenerator[Client]:
    settings = {
        "frontend.WorkflowTimeSkippingEnabled": "true",
        "limit.historyCount.suggestContinueAsNew": str(_LONG),
    }
    async with await WorkflowEnvironment.start_local(  # pyright: ignore[reportUnknownMemberType] the SDK leaves a type open
        dev_server_existing_path=str(Path(sys.executable).parent / "temporal"),
        search_attributes=search_attributes.ALL,
        dev_server_extra_args=[
            word for key, value in settings.items() for word in ("--dynamic-config-value", f"{key}={value}")
        ],
    ) as server:
        address = server.client.service_client.config.target_host
        yield await Client.connect(address, data_converter=pydantic_data_converter, identity="recorder")


async def _play(shop: RetailShop, name: str, story: Story, folder: Path) -> None:
    lena = Shopper(shop, name, hour=story.hour)
    await lena.arrives()
    story.trouble(lena)
    await lena.does(start_event(name), **TENT)
    run = await lena.run()
    await story.play(lena, run)

    async def closed() -> bool:
        return all(row.state == "closed" for row in await lena.runs())

    await eventually(closed)
    for row in await lena.runs():
        if row.journey == name:
            await _write_chain(shop.services.temporal, row.workflow_id, row.first_run_id, folder / name)


async def _write_chain(temporal: Client, workflow_id: str, run_id: str, stem: Path) -> None:
    """Write the histories of a run, or of the latest one without `run_id`: one, or several when it continued as
    new."""
    number = 1
    while run_id or number == 1:
        history = await temporal.get_workflow_handle(workflow_id, run_id=run_id or None).fetch_history()
        events = _clean(json.loads(history.to_json())["events"])
        lines = ",\n".join(json.dumps(event, separators=(",", ":")) for event in events)
        text = f'{{"workflowId":"{workflow_id}","events":[\n{lines}\n]}}\n'
        stem.with_name(f"{stem.name}-{number}.json").write_text(text, encoding="utf-8")
        last = history.events[-1]
        run_id = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
        number += 1


def _clean(value: Any) -> Any:
    """A part of a history without what a replay does not look at."""
    if isinstance(value, list):
        return [_clean(item) for item in cast(list[Any], value)]
    if not isinstance(value, dict):
        return value
    fields = {key: _clean(inner) for key, inner in cast(dict[str, Any], value).items() if key not in _NOT_NEEDED}
    if activity := fields.get("activityTaskScheduledEventAttributes"):
        del activity["input"]
    return fields


if __name__ == "__main__":
    asyncio.run(record(HISTORIES))
