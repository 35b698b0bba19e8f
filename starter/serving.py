"""Runs the HTTP application, with the dispatcher beside it, inside the present process."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime

import uvicorn
from temporalio.client import Client

from content.library import load_library
from deciding.checking import check_planners
from journeys.loader import load_journeys
from journeys.segments import load_segments
from journeys.shapes import load_shapes
from keys.installation import installation_secret
from project.model import load_project
from settings import Settings
from starter.app import create_app
from starter.auditing.settings import note_settings
from starter.catalogue.loading import take_in_file
from starter.changes.contents import bring_along
from starter.changes.policies import publish_folder
from starter.runs.publishing import published
from starter.services import Services
from store.database import Database
from store.migrate import migrate

_CLOSE_WITHIN = 10
_LOOK_AGAIN = 0.02


class ServerFailed(Exception):
    """The HTTP server did not come up, or ended by itself."""


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals to the process, which has more than this server to stop."""
        yield


@asynccontextmanager
async def serving(settings: Settings, temporal: Client, listener: socket.socket) -> AsyncGenerator[Services]:
    """Serve the API and the console on `listener` while the block lasts.

    Raises yamlfile.FileProblems when the project has problems, ServerFailed when the server does not come up.
    """
    database, project = Database(settings.database), load_project(settings)
    try:
        await migrate(database)
        library = load_library(settings.project_dir, review=project.review)
        services = Services(
            settings=settings,
            project=project,
            journeys=load_journeys(settings.project_dir / "journeys"),
            database=database,
            temporal=temporal,
            secret=installation_secret(settings),
            segments=load_segments(settings.project_dir, load_shapes(settings.project_dir / "events.yaml")),
            library=library,
        )
        check_planners(settings.project_dir, services.library.surfaces if services.library else {})
        await take_in_file(database, settings.project_dir / "catalogue.yaml", datetime.now(UTC))
        await note_settings(database, settings.project_dir)
        await publish_folder(database, project.review, settings.project_dir)
        await bring_along(database, library)
        async with published(services), _listening(services, listener):
            yield services
    finally:
        await database.close()


@asynccontextmanager
async def _listening(services: Services, listener: socket.socket) -> AsyncGenerator[None]:
    config = uvicorn.Config(
        create_app(services),
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=_CLOSE_WITHIN,
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if running.done():
                raise ServerFailed("The API did not start; the lines above say why.") from running.exception()
            await asyncio.sleep(_LOOK_AGAIN)
        yield
    finally:
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await running
