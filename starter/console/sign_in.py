"""Signing in and out: at the identity provider, by a person's token, and in a demonstration by name."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from project.access import groups_of
from starter.console import errands
from starter.console.page import COOKIE, PageRoute, Problem, SignedIn, refuse_other_sites, render
from starter.identity.openid.claims import SignInRefused
from starter.identity.openid.published import ProviderUnavailable
from starter.identity.openid.signing_in import OpenIdProvider, new_errand
from starter.identity.people import SESSION_LIFE, Sessions, find_person, person_with_token
from starter.services import Services, Shared

_NOBODY_HAS_IT = "Nobody has this token. It stands in sojourn.yaml, under people."
_NO_ERRAND = "That answer was used before, or took too long. Sign in again."

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
    await refuse_other_sites(request)
    by_name = bool(email) and services.settings.demo_users
    project = services.project
    person = find_person(project, email) if by_name else person_with_token(project, token.strip())
    if person is None:
        await services.attempts.refused("sign-in", "a token that nobody has", request=request)
        return _door(request, services, to, _NOBODY_HAS_IT)
    await services.attempts.signed_in(person.email, "name" if by_name else "token")
    return _opened(services, Sessions(services.project, services.secret).open(person, datetime.now(UTC)), to)


@router.get("/sign-in/provider")
async def go_to_provider(request: Request, services: Shared, to: str = "/") -> Response:
    """Send the browser to the identity provider, with an errand to come back with."""
    errand = new_errand(_inside(to))
    try:
        answer = RedirectResponse(await _provider(services).address(errand, datetime.now(UTC)), 303)
    except ProviderUnavailable as error:
        return await _away(request, services, to, error)
    errands.give(answer, services, errand)
    return answer


@router.get("/sign-in/answer")
async def come_back(request: Request, services: Shared) -> Response:
    """Open a session for whom the identity provider proves, if they are in one of the project's groups."""
    errand, now = errands.take(request, services), datetime.now(UTC)
    try:
        if errand is None:
            raise SignInRefused(_NO_ERRAND)
        proved = await _provider(services).receive(dict(request.query_params), errand, now)
        if not groups_of(services.project.groups, proved.groups):
            raise SignInRefused(
                f"{proved.email} is in none of the groups that may come in. Ask whoever runs this."
            )
        answer = _opened(services, Sessions(services.project, services.secret).open_proved(proved, now), errand.to)
        await services.attempts.signed_in(proved.email, "provider")
    except SignInRefused as refusal:
        await services.attempts.refused("sign-in", str(refusal), request=request)
        answer = _door(request, services, "/", str(refusal))
    except ProviderUnavailable as error:
        answer = await _away(request, services, "/", error)
    errands.end(answer)
    return answer


@router.post("/sign-out")
async def sign_out(console: SignedIn) -> Response:
    """Forget the session in this browser."""
    await console.form()
    await console.services.attempts.signed_out(console.person.email)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return answer


async def _away(request: Request, services: Services, to: str, error: ProviderUnavailable) -> Response:
    """The door while nobody can be proved to be who they are. That somebody tried is noted."""
    await services.attempts.refused("sign-in", "the identity provider does not answer", request=request)
    return _door(request, services, to, f"Nobody can sign in there at the moment. {error}", 503)


def _opened(services: Services, cookie: str, to: str) -> Response:
    answer = RedirectResponse(_inside(to), 303)
    answer.set_cookie(
        COOKIE,
        cookie,
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=services.settings.public_url.startswith("https:"),
    )
    return answer


def _provider(services: Services) -> OpenIdProvider:
    if services.provider is None:
        raise Problem(404, "There is no such door", "This project names no identity provider under sign_in.")
    return services.provider


def _door(request: Request, services: Services, to: str, problem: str = "", status: int = 401) -> Response:
    project, demonstration = services.project, services.settings.demo_users
    return render(
        request,
        "sign_in.html",
        status if problem else 200,
        to=_inside(to),
        people=project.people if demonstration else (),
        provider=urlsplit(project.sign_in.issuer).hostname if project.sign_in else "",
        tokens=any(person.token for person in project.people),
        problem=problem,
    )


def _inside(to: str) -> str:
    """An address on this site, whatever was asked for."""
    return to if to.startswith("/") and not to.startswith(("//", "/\\")) else "/"
