"""The connection to a running API: where it is, and who is asking."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from starter.cli.failures import CommandFailed

if TYPE_CHECKING:
    from starter.client import Sojourn

Answer = TypeVar("Answer")
Url = Annotated[str, typer.Option(envvar="SOJOURN_URL", metavar="URL", help="Where the API is.", show_envvar=True)]
WriteKey = Annotated[
    str,
    typer.Option(envvar="SOJOURN_WRITE_KEY", metavar="KEY", help="A write key of the project.", show_envvar=True),
]
Token = Annotated[
    str, typer.Option(envvar="SOJOURN_TOKEN", metavar="TOKEN", help="Your token of the project.", show_envvar=True)
]
DEFAULT_URL = "http://127.0.0.1:8080"


@asynccontextmanager
async def sending(url: str, write_key: str, attempts: int = 8) -> "AsyncGenerator[Sojourn]":
    """A client that may send events, and tries each request so often.

    Raises CommandFailed when the key is missing or nothing answers.
    """
    if not write_key:
        raise CommandFailed(
            "Name a write key of the project's sojourn.yaml with --write-key or SOJOURN_WRITE_KEY."
        )
    async with _connected(url, write_key=write_key, attempts=attempts) as client:
        yield client


def answered(url: str, token: str, ask: Callable[["Sojourn"], Awaitable[Answer]]) -> Answer:
    """What the API answers a person. Raises CommandFailed as `deciding` does."""

    async def call() -> Answer:
        async with deciding(url, token) as client:
            return await ask(client)

    return asyncio.run(call())


@asynccontextmanager
async def deciding(url: str, token: str) -> "AsyncGenerator[Sojourn]":
    """A client that speaks for a person. Raises CommandFailed when the token is missing or nothing answers."""
    if not token:
        raise CommandFailed("Name your token of the project's sojourn.yaml with --token or SOJOURN_TOKEN.")
    async with _connected(url, token=token) as client:
        yield client


@asynccontextmanager
async def _connected(
    url: str, *, write_key: str = "", token: str = "", attempts: int = 8
) -> "AsyncGenerator[Sojourn]":
    """A client of an API that answers now: nobody at a terminal should wait through the client's patience."""
    import httpx

    from starter.client import Sojourn

    try:
        async with httpx.AsyncClient(base_url=url, timeout=15) as http:
            await http.get("/healthz")
    except (httpx.TransportError, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise CommandFailed(
            f"Nothing answers at {url}. Start it with 'sojourn dev' or 'sojourn serve', "
            "or name where it runs with --url or SOJOURN_URL."
        ) from error
    async with Sojourn(url, write_key, token=token, attempts=attempts) as client:
        yield client
