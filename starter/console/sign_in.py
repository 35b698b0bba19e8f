"""Signing in and out: by a person's token, and in a demonstration by name."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from settings import Person
from starter.console.page import COOKIE, PageRoute, SignedIn, refuse_other_sites, render
from starter.identity import SESSION_LIFE, Sessions, find_person, person_with_token
from starter.services import Services, Shared

router = APIRouter(route_class=PageRoute)


@router.get("/sign-in")
async def show_door(request: Request, services: Shared, to: str = "/") -> Response:
    """The page at which a person says who they are."""
    return _door(request, services, to)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    services: Shared,
    token: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    to: Annotated[str, Form()] = "/",
) -> Response:
    """Open a session for whoever has the token; in a demonstration, for whoever is named."""
    refuse_other_sites(request)
    person = _who(services, token.strip(), email)
    if person is None:
        return _door(request, services, to, "Nobody has this token. It stands in sojourn.yaml, under people.")
    answer = RedirectResponse(_inside(to), 303)
    answer.set_cookie(
        COOKIE,
        Sessions(services.project, services.secret).open(person, datetime.now(UTC)),
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=services.settings.public_url.startswith("https:"),
    )
    return answer


@router.post("/sign-out")
async def sign_out(console: SignedIn) -> Response:
    """Forget the session in this browser."""
    await console.form()
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return answer


def _who(services: Services, token: str, email: str) -> Person | None:
    if email and services.settings.demo_users:
        return find_person(services.project, email)
    return person_with_token(services.project, token)


def _door(request: Request, services: Services, to: str, problem: str = "") -> Response:
    people = services.project.people if services.settings.demo_users else ()
    return render(request, "sign_in.html", 401 if problem else 200, to=_inside(to), people=people, problem=problem)


def _inside(to: str) -> str:
    """An address on this site, whatever was asked for."""
    return to if to.startswith("/") and not to.startswith(("//", "/\\")) else "/"
