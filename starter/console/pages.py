"""The console as one router, and how an application takes it up."""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware

from starter.console import (
    audit,
    changes,
    contents,
    customers,
    deliveries,
    experiments,
    grants,
    guardrails,
    inbox,
    journeys,
    overview,
    runs,
    sign_in,
    together,
)
from starter.console.page import no_such_page

router = APIRouter(include_in_schema=False)
for room in (
    sign_in,
    overview,
    together,
    grants,
    inbox,
    customers,
    runs,
    journeys,
    experiments,
    guardrails,
    contents,
    changes,
    deliveries,
    audit,
):
    router.include_router(room.router)


def mount(app: FastAPI) -> None:
    """Add the pages and their static files to an application that has `state.services`."""
    app.include_router(router)
    app.add_exception_handler(404, no_such_page)
    static = StaticFiles(directory=Path(__file__).parent / "static")
    # Nothing in them is secret, so compressing them gives nothing away.
    app.mount("/static", GZipMiddleware(static, minimum_size=1000), name="static")
