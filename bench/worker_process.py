"""One worker in a process of its own, so that its CPU and memory can be read.

It works until its standard input closes, so that it never outlives the bench.
"""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop
from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, UnsandboxedWorkflowRunner, Worker

from bench.bare import BareTwoMessages, HttpSender, send_nothing
from bench.tellers import Teller, Telling
from keys.codec import data_converter
from keys.customers import open_keys
from settings import Settings
from worker import running_worker


async def work(way: str) -> None:
    """Run the worker of one way until the bench closes our standard input."""
    settings = Settings()
    teller = Teller(Telling())
    running = _sojourn(settings, teller) if way == "sojourn" else _bare(settings, teller, sends=way == "sends")
    async with running:
        await asyncio.to_thread(sys.stdin.buffer.read)


@asynccontextmanager
async def _sojourn(settings: Settings, teller: Teller) -> AsyncGenerator[None]:
    """The worker as `sojourn worker` runs it."""
    async with open_keys(settings) as keys:
        converter = data_converter(keys)
        client = await Client.connect(settings.temporal_address, data_converter=converter, interceptors=[teller])
        async with running_worker(client, settings):
            yield


@asynccontextmanager
async def _bare(settings: Settings, teller: Teller, *, sends: bool) -> AsyncGenerator[None]:
    """A worker by hand. No SDK sandbox and pollers that scale, as with ours: both make it cheaper."""
    client = await Client.connect(settings.temporal_address, interceptors=[teller])
    sender = HttpSender(os.environ["FCM_URL"], Path(os.environ["FCM_SERVICE_ACCOUNT"])) if sends else None
    async with Worker(
        client,
        task_queue=settings.task_queue,
        workflows=[BareTwoMessages],
        activities=[sender.send if sender else send_nothing],
        workflow_runner=UnsandboxedWorkflowRunner(),
        build_id="bench",
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
    ):
        yield


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work(sys.argv[1]))
