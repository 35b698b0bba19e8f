"""The HTTP application: every door of one process, and what runs beside them."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from functools import partial

from fastapi import FastAPI
from pydantic_core import to_json
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import select
from starlette.requests import Request
from starlette.responses import Response
from temporalio.service import RPCError

from starter.approvals import api as approvals_api
from starter.approvals.ending import keep_telling_of_grants
from starter.auditing import api as audit_api
from starter.auditing.sealer import keep_sealing
from starter.catalogue import api as catalogue_api
from starter.catalogue.keeping import keep_catalogue
from starter.changes import api as changes_api
from starter.console import pages
from starter.customers import api as customers_api
from starter.customers import decoding, merges, suppressing
from starter.customers.erasing import keep_erasing
from starter.dispatch.dispatcher import Dispatcher
from starter.experiments import api as experiments_api
from starter.guardrails import api as guardrails_api
from starter.headers import SecurityHeaders
from starter.ingestion import api as events_api
from starter.ingestion import cloudevents, posthog, segment
from starter.ingestion.acceptance import Ingestion
from starter.ingestion.pressure import Limits
from starter.recipients import confirming, preferences, slots, surfaces, tracking, unsubscribe
from starter.recipients import pages as recipient_pages
from starter.runs import api as runs_api
from starter.runs.lost import keep_settling_lost
from starter.runs.schedules import keep_schedules
from starter.segments.keeping import keep_segments, segments_of
from starter.services import Services, services_of
from starter.webhooks import doors
from store.tables import Lease

_READY_WITHIN = timedelta(seconds=2)


def create_app(services: Services, *, dispatch: bool = True) -> FastAPI:
    """The application. With `dispatch` it also delivers accepted events to Temporal, keeps its schedules,
    carries out erasures and chains the audit log; of several processes that do, one at a time delivers."""
    dispatcher = Dispatcher(services)
    ingestion = _ingestion(services, dispatcher.wake if dispatch else _nobody_waits)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        works = [ingestion.tally.run(), services.attempts.refusals.keep_telling()]
        if dispatch:
            works += [dispatcher.run(), keep_schedules(services), keep_matching(), keep_erasing(services)]
            works += [keep_sealing(services), keep_segments(services, dispatcher.wake)]
            works += [keep_telling_of_grants(services.database), keep_catalogue(services.database, ingestion)]
            works += [keep_settling_lost(services)]
        running = [asyncio.create_task(work) for work in works]
        yield
        for task in running:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    app = FastAPI(title="Sojourn", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.services = services
    app.state.dispatcher = dispatcher
    app.state.ingestion = ingestion
    keep_matching = doors.mount(app, services, ingestion).reception.keep_matching
    app.add_middleware(SecurityHeaders)
    for door in (segment, posthog, cloudevents, events_api):
        app.include_router(door.router)
    app.include_router(runs_api.router)
    for door in (unsubscribe, preferences, confirming, tracking):
        app.include_router(door.router)
    app.include_router(approvals_api.router)
    app.include_router(changes_api.router)
    app.include_router(audit_api.router)
    app.include_router(catalogue_api.router)
    app.include_router(experiments_api.router)
    for door in (surfaces, slots):
        app.include_router(door.router)
    app.include_router(guardrails_api.router)
    app.include_router(customers_api.router)
    app.include_router(merges.router)
    app.include_router(suppressing.router)
    app.include_router(decoding.router)
    pages.mount(app)
    recipient_pages.mount(app)
    app.add_api_route("/healthz", _healthy, methods=["GET"], tags=["health"])
    app.add_api_route("/readyz", _ready, methods=["GET"], tags=["health"])
    return app


def _ingestion(services: Services, accepted: Callable[[], None]) -> Ingestion:
    settings = services.settings
    limits = Limits(settings.events_waiting, settings.events_behind, settings.requests_at_once)
    channels, rules = list(services.project.channels), services.project.identity
    return Ingestion(services.database, channels, accepted, limits, rules, partial(segments_of, services))


def _nobody_waits() -> None:
    """Another process delivers; it looks at the outbox by itself."""


async def _healthy() -> dict[str, str]:
    """The process is up."""
    return {"status": "up"}


async def _ready(request: Request) -> Response:
    """Whether the database and Temporal answer."""
    services = services_of(request)
    database, temporal = await asyncio.gather(_database_answers(services), _temporal_answers(services))
    answers = {"database": database, "temporal": temporal}
    status = 200 if database and temporal else 503
    return Response(to_json(answers), status, media_type="application/json")


async def _database_answers(services: Services) -> bool:
    try:
        async with asyncio.timeout(_READY_WITHIN.total_seconds()), services.database.reading() as session:
            await session.exec(select(Lease.name).limit(1))
    except (SQLAlchemyError, OSError, TimeoutError):
        return False
    return True


async def _temporal_answers(services: Services) -> bool:
    try:
        return await services.temporal.service_client.check_health(timeout=_READY_WITHIN)
    except (RPCError, RuntimeError):
        return False
