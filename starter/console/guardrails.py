"""Guardrails as pages: those of every journey and surface, those of one, and arming them again."""

from dataclasses import dataclass

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from starter.console.page import PageRoute, Problem, SignedIn
from starter.guardrails.rearming import Standing, arm_again, standing_of
from starter.identity.callers import see_to
from starter.listings import PageNumber
from starter.services import Services
from store.guardrails import list_guardrails
from store.tables import Guardrail

router = APIRouter(prefix="/guardrails", route_class=PageRoute)
_BOTH_WAYS = ("exploration", "fairness")
"""Those with a limit on either side, which no bar can show."""


@dataclass(frozen=True)
class Line:
    """A guardrail with how far it is towards its limit, in per cent; None with a limit on either side."""

    row: Guardrail
    filled: float | None


@dataclass(frozen=True)
class Shown:
    """What a page says of the guardrails of one journey or surface."""

    standing: Standing
    lines: list[Line]


async def shown(services: Services, name: str) -> Shown:
    """The guardrails of one journey or surface, tripped ones first."""
    standing = await standing_of(services.database, name)
    return Shown(standing, [Line(row, _filled(row)) for row in standing.guardrails])


@router.get("")
async def show_all(console: SignedIn, page: PageNumber = 1) -> HTMLResponse:
    """The guardrails of every journey and surface, tripped ones first."""
    async with console.services.database.reading() as session:
        found = await list_guardrails(session, number=page)
    return await console.show("guardrails.html", found=found)


@router.get("/{name}")
async def show_one(console: SignedIn, name: str) -> Response:
    """Those of a surface on a page of their own; those of a journey where the journey is."""
    if name in console.services.journeys:
        return RedirectResponse(f"/journeys/{name}#guardrails", 303)
    found = await shown(console.services, name)
    if not found.lines:
        raise Problem(
            404, "Nothing is watched there", f"No journey and no surface called '{name}' has guardrails."
        )
    return await console.show("watched.html", name=name, shown=found, may_rearm=console.may("guardrails:rearm"))


@router.post("/{name}/rearm")
async def rearm(console: SignedIn, name: str) -> Response:
    """Arm again what tripped."""
    fields = await console.form()
    await see_to(console.services, console.person, "guardrails:rearm")
    await arm_again(console.services.database, name, "", console.person, fields.get("reason", ""))
    return RedirectResponse(f"/guardrails/{name}", 303)


def _filled(row: Guardrail) -> float | None:
    if row.name in _BOTH_WAYS:
        return None
    # Where the control has none of what must not rise, any share is over the limit.
    return 100 * max(0.0, min(1.0, row.value / row.limit)) if row.limit else 100.0
