"""What is measured of a way: a burst at full speed, signals at an easy pace, its history, its parked runs."""

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from bench.crew import Crew, Walk
from bench.processes import Usage

_MS = 1000


@dataclass(frozen=True)
class Burst:
    """A burst of journeys. CPU is in milliseconds a journey."""

    journeys_per_second: float
    worker_cpu: float
    server_cpu: float
    vendor_cpu: float
    starter_cpu: float
    """Of the bench itself, which starts and signals the runs."""


@dataclass(frozen=True)
class History:
    """What one run leaves in Temporal."""

    events: int
    workflow_tasks: int
    size_bytes: int


@dataclass(frozen=True)
class Parked:
    """The memory of a worker, in bytes, before and with its parked runs."""

    before: int
    after: int


@dataclass
class Found:
    """What was measured of one way."""

    bursts: list[Burst] = field(default_factory=list[Burst])
    latencies: list[float] = field(default_factory=list[float])
    """Seconds from the signal until the vendor has taken the next message."""
    histories: list[History] = field(default_factory=list[History])
    parked: Parked | None = None


async def burst(crew: Crew, keys: Sequence[str], in_flight: int, server: Usage, vendor: Usage) -> Burst:
    """Run journeys as fast as they go, `in_flight` of them at a time."""
    await crew.way.prepare(keys)
    gate = asyncio.Semaphore(in_flight)

    async def walk(key: str) -> Walk:
        async with gate:
            return await crew.walk(key)

    processes = (crew.usage, server, vendor, Usage(os.getpid()))
    before = [process.cpu_seconds() for process in processes]
    began = time.monotonic()
    walks = await asyncio.gather(*(walk(key) for key in keys))
    took = max(walk.ended for walk in walks) - began
    used = [process.cpu_seconds() - then for process, then in zip(processes, before, strict=True)]
    return Burst(len(keys) / took, *(seconds * _MS / len(keys) for seconds in used))


async def paced(crew: Crew, keys: Sequence[str], per_second: float) -> list[Walk]:
    """Run journeys at a pace that leaves the machine at ease."""
    await crew.way.prepare(keys)
    walks: list[asyncio.Task[Walk]] = []
    for key in keys:
        walks.append(asyncio.create_task(crew.walk(key)))
        await asyncio.sleep(1 / per_second)
    return await asyncio.gather(*walks)


async def history(client: Client, workflow_id: str) -> History:
    """The history of a run that has ended."""
    handle = client.get_workflow_handle(workflow_id)
    fetched = await handle.fetch_history()
    tasks = sum(e.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED for e in fetched.events)
    info = (await handle.describe()).raw_description.workflow_execution_info
    return History(len(fetched.events), tasks, info.history_size_bytes)


async def parked_memory(crew: Crew, keys: Sequence[str], in_flight: int) -> Parked:
    """Start runs that wait for long, and see what their worker holds then."""
    await crew.way.prepare(keys, parked=True)
    before = crew.usage.memory_bytes()
    await crew.park(keys, in_flight)
    last = crew.usage.cpu_seconds()
    # Parked they are when the worker has nothing left to do.
    while True:
        await asyncio.sleep(2)
        now = crew.usage.cpu_seconds()
        if now - last < 0.1:
            break
        last = now
    return Parked(before, crew.usage.memory_bytes())
