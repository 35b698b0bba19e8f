"""The pages that customers see. They work without scripts, in light and dark, and show nobody else's data."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from content.links import InvalidLink
from starter.ingestion.pressure import NotAccepted
from starter.services import Services, services_of

_HERE = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
_templates = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

_CHANNELS = {
    "sms": "text message",
    "whatsapp": "WhatsApp",
    "push": "push notification",
    "web_push": "browser notification",
    "inbox": "inbox in the app",
    "banner": "banner in the app",
    "checklist": "checklist in the app",
    "tooltip": "hint in the app",
}


def channel_name(channel: str) -> str:
    """What people call a channel, within a sentence."""
    return _CHANNELS.get(channel, channel.replace("_", " "))


def show(
    services: Services, template: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any
) -> HTMLResponse:
    """A page from a template, which also knows the brand."""
    html = _templates.get_template(template).render(brand=services.project.brand, **values)
    return HTMLResponse(html, status, _HEADERS | (headers or {}))


def door(name: str) -> APIRouter:
    """The routes of links of one kind. A link that we did not make, and a wish that cannot be kept now, are
    answered with a page; of the former the audit log tells, by the name of the door."""

    class LinkRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def answer(request: Request) -> Response:
                try:
                    return await handle(request)
                except InvalidLink as error:
                    return await _not_ours(services_of(request), name, error, request)
                except NotAccepted as error:
                    return _not_saved(services_of(request), error)

            return answer

    return APIRouter(route_class=LinkRoute, include_in_schema=False)


async def _not_ours(services: Services, name: str, error: InvalidLink, request: Request) -> HTMLResponse:
    await services.attempts.refused(name, str(error), request=request)
    told = f"Sorry: {error}. Use the link as it is in the mail."
    return show(services, "message.html", 404, title="This link does not work", told=told)


def _not_saved(services: Services, error: NotAccepted) -> HTMLResponse:
    again = {"Retry-After": str(error.retry_after)}
    told = "We could not save this just now. Go back and try again in a moment."
    return show(services, "message.html", 503, again, title="Please try again", told=told)


def mount(app: FastAPI) -> None:
    """Add the pages' one style sheet to an application."""
    app.mount("/recipients", StaticFiles(directory=_HERE / "static"), name="recipients")
