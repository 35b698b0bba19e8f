"""The API, with its dispatcher, in a process of its own that kills itself with SIGKILL at a named point."""

import asyncio
import multiprocessing
from multiprocessing.process import BaseProcess

import uvicorn
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from starter.app import create_app
from starter.local.ports import listen
from store.database import Database
from tests import seeding
from tests.faults.doomed_worker import Point, doom


def start(temporal: str, database_url: str, port: int, point: Point | None) -> BaseProcess:
    """Serve on a port of this machine until killed, at `point` or from outside."""
    # Imports once for all: a process made from scratch takes seconds to start.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_run, args=(temporal, database_url, port, point), daemon=True)
    process.start()
    return process


def _run(temporal: str, database_url: str, port: int, point: Point | None) -> None:
    if point:
        doom(point)
    asyncio.run(_serve(temporal, database_url, port))


async def _serve(temporal: str, database_url: str, port: int) -> None:
    client = await Client.connect(temporal, data_converter=pydantic_data_converter)
    app = create_app(await seeding.services(Database(database_url), client))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    await server.serve(sockets=[listen("127.0.0.1", port)])
