"""What every page shares: who looks at it, how it is rendered, and how it answers when something is wrong."""

import hmac
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, cast
from urllib.parse import quote

from fastapi import Depends, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException

from project.access import Permission, Person
from starter.console import words
from starter.identity.callers import Refusal
from starter.identity.people import Session, Sessions
from starter.services import Services, Shared, services_of
from store.approvals import count_open_approvals

COOKIE = "sojourn_session"
_REFUSED = {403: "You may not do that", 404: "That was not found"}
"""What a page says above the words of a refusal, by its HTTP status."""
_FROM_ELSEWHERE = ("cross-site", "same-site")
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters.update(words.FILTERS)


class NotSignedIn(Exception):
    """The page needs a person, and nobody is signed in."""


class Problem(Exception):
    """A page that cannot be shown, with words for whoever asked for it."""

    def __init__(self, status: int, title: str, message: str) -> None:
        self.status, self.title, self.message = status, title, message
        super().__init__(message)


class PageRoute(APIRoute):
    """Answers problems with a page, and sends whoever is not signed in to the door."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except NotSignedIn:
                return _to_the_door(request)
            except Problem as problem:
                return await _show_problem(request, problem)
            except Refusal as refusal:
                title = _REFUSED.get(refusal.status, "That did not work")
                return await _show_problem(request, Problem(refusal.status, title, str(refusal)))
            except RequestValidationError as error:
                wrong = f"'{error.errors()[0]['loc'][-1]}' has a value this page does not know."
                return await _show_problem(request, Problem(400, "This address is not right", wrong))

        return answer


class Console:
    """One request of someone who is signed in."""

    def __init__(self, request: Request, services: Services, session: Session) -> None:
        self.request = request
        self.services = services
        self.person: Person = session.person
        self._form_token = session.form_token

    def may(self, permission: Permission) -> bool:
        """Whether the person has a role that may do this."""
        return self.services.project.may(self.person, permission)

    async def show(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page from a template, which also knows the person and how many approvals are open."""
        async with self.services.database.reading() as session:
            waiting = await count_open_approvals(session)
        known = {"person": self.person, "form_token": self._form_token, "waiting": waiting}
        known["may_audit"] = self.may("audit:read")
        return render(self.request, template, status, **known, **values)

    async def form(self) -> dict[str, str]:
        """The fields of a form posted from a page of this session. Raises Problem for any other."""
        await refuse_other_sites(self.request, self.person.email)
        fields = {key: str(value) for key, value in (await self.request.form()).items()}
        if not hmac.compare_digest(fields.get("form_token", "").encode(), self._form_token.encode()):
            await self.services.attempts.refused("console", "a form of another session", self.person.email)
            raise Problem(403, "That form has expired", "Nothing was decided. Go back, reload, and try again.")
        return fields


def _signed_in(request: Request, services: Shared) -> Console:
    session = _session(request)
    if session is None:
        raise NotSignedIn
    return Console(request, services, session)


def _session(request: Request) -> Session | None:
    services = services_of(request)
    return Sessions(services.project, services.secret).read(request.cookies.get(COOKIE, ""))


SignedIn = Annotated[Console, Depends(_signed_in)]


def render(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page from a template, with the headers that let nothing foreign in."""
    services = services_of(request)
    shared = {
        "path": request.url.path,
        "here": _here(request),
        "zone": services.project.time_zone,
        "brand": services.project.brand.name,
    }
    anonymous = {"person": None, "form_token": "", "waiting": 0, "may_audit": False}
    html = _templates.get_template(template).render(anonymous | shared | values)
    return HTMLResponse(html, status, _HEADERS)


async def refuse_other_sites(request: Request, by: str = "someone unknown") -> None:
    """A second lock beside the form's token: browsers say from where a form was posted. Raises Problem."""
    if request.headers.get("sec-fetch-site") in _FROM_ELSEWHERE:
        await services_of(request).attempts.refused("console", "a form of another site", by, request)
        raise Problem(403, "That came from another site", "Nothing was done. Open the console and do it there.")


def _to_the_door(request: Request) -> Response:
    door = f"/sign-in?to={quote(_here(request), safe='')}" if request.method == "GET" else "/sign-in"
    if "hx-request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
    return RedirectResponse(door, 303)


async def no_such_page(request: Request, error: Exception) -> Response:
    """The answer to an address that is none: a page for a browser, the usual words for a program."""
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return await _show_problem(request, Problem(404, "There is no such page", "Its address may have changed."))
    return await http_exception_handler(request, cast(HTTPException, error))


async def _show_problem(request: Request, problem: Problem) -> Response:
    """Whoever is signed in keeps the way to every other page."""
    session = _session(request)
    if session is None:
        return render(request, "problem.html", problem.status, problem=problem)
    console = Console(request, services_of(request), session)
    return await console.show("problem.html", problem.status, problem=problem)


def _here(request: Request) -> str:
    """The address of this page on this site, as it was asked for."""
    path = quote(request.url.path, safe="/:")
    return f"{path}?{request.url.query}" if request.url.query else path
