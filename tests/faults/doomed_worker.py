"""A worker that kills itself with SIGKILL at a named point. It runs in a process of its own."""

import asyncio
import functools
import importlib
import inspect
import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import Any, Literal

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from settings import Settings
from store.database import Database
from worker import load_parts, make_worker


@dataclass(frozen=True)
class Point:
    """A place in the code: just before or just after the `nth` call of a function."""

    when: Literal["before", "after"]
    function: str
    """`module:name` or `module:Class.name`."""
    nth: int = 1


def start(address: str, settings: Settings, point: Point | None) -> BaseProcess:
    """Start a worker that dies at `point`, or only when it is killed."""
    # Imports once for all: a process made from scratch takes seconds to start.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_run, args=(address, settings, point, dict(os.environ)), daemon=True)
    process.start()
    return process


def _run(address: str, settings: Settings, point: Point | None, environment: Mapping[str, str]) -> None:
    os.environ.update(environment)
    if point:
        doom(point)
    asyncio.run(_work(address, settings))


async def _work(address: str, settings: Settings) -> None:
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    async with make_worker(client, settings, Database(settings.database), load_parts(settings)):
        await asyncio.Event().wait()


def doom(point: Point) -> None:
    """Make one call of a function the last thing this process does."""
    module, _, path = point.function.partition(":")
    *parents, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for parent in parents:
        owner = getattr(owner, parent)
    setattr(owner, name, _doomed(getattr(owner, name), point))


def _doomed(function: Callable[..., Any], point: Point) -> Callable[..., Any]:
    calls = 0

    def strike(when: str) -> None:
        nonlocal calls
        calls += when == "before"
        if (when, calls) == (point.when, point.nth):
            os.kill(os.getpid(), signal.SIGKILL)

    @functools.wraps(function)
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        strike("before")
        result = await function(*args, **kwargs)
        strike("after")
        return result

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        strike("before")
        result = function(*args, **kwargs)
        strike("after")
        return result

    return awaited if inspect.iscoroutinefunction(function) else called
