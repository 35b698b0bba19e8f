"""A server for events in a process of its own: Sojourn's API, or the barest that makes what it is sent durable.

Its first line is its address. It serves until its standard input closes.
"""

import asyncio
import logging
import sys
from typing import Any

import uvicorn
import uvloop
from fastapi import FastAPI
from pydantic_core import from_json
from sqlmodel import Field, SQLModel, insert
from starlette.requests import Request
from starlette.responses import Response
from temporalio.client import Client

from keys.codec import data_converter
from keys.customers import open_keys
from settings import Settings
from starter.local.ports import listen
from starter.serving import serving
from store.database import Database


class RawEvent(SQLModel, table=True):
    """An event as it came. The floor keeps nothing else."""

    __tablename__ = "bench_raw_event"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    seq: int | None = Field(default=None, primary_key=True)
    body: str


async def serve(which: str) -> None:
    """Serve until the bench closes our standard input."""
    # Where Temporal is left out on purpose, nobody needs to hear that it does not answer.
    logging.disable(logging.WARNING)
    settings, listener = Settings(), listen("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    if which == "sojourn":
        async with open_keys(settings) as keys:
            temporal = await Client.connect(
                settings.temporal_address, lazy=True, data_converter=data_converter(keys)
            )
            async with serving(settings, temporal, listener):
                await _until_closed(address)
        return
    database = Database(settings.database)
    async with database.connection() as connection:
        await connection.run_sync(SQLModel.metadata.tables["bench_raw_event"].create, checkfirst=True)
    server = uvicorn.Server(uvicorn.Config(_floor(database), log_level="warning", access_log=False))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    await _until_closed(address)
    server.should_exit = True
    await running
    await database.close()


def _floor(database: Database) -> FastAPI:
    """One transaction that inserts every item as it came, and nothing else: no check, no customer, no order."""
    app = FastAPI(docs_url=None, redoc_url=None)

    async def take(request: Request) -> Response:
        items: list[Any] = from_json(await request.body())["batch"]
        async with database.transaction() as session:
            await session.exec(insert(RawEvent), params=[{"body": str(item)} for item in items])
        return Response(b'{"success":true}', media_type="application/json")

    app.add_api_route("/v1/batch", take, methods=["POST"])
    return app


async def _until_closed(address: str) -> None:
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.buffer.read)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(sys.argv[1]))
