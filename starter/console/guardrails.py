"""The guardrails of a journey, as its page shows them, and arming them again."""

from dataclasses import dataclass

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from starter.console.page import PageRoute, SignedIn
from starter.guardrails.rearming import Standing, arm_again, standing_of
from starter.identity.callers import see_to
from starter.services import Services
from store.tables import Guardrail

router = APIRouter(prefix="/journeys", route_class=PageRoute)
_BOTH_WAYS = ("exploration", "fairness")
"""Those with a limit on either side, which no bar can show."""


@dataclass(frozen=True)
class Line:
    """A guardrail with how far it is towards its limit, in per cent; None with a limit on either side."""

    row: Guardrail
    filled: float | None


@dataclass(frozen=True)
class Shown:
    """What the page of a journey says of its guardrails."""

    standing: Standing
    lines: list[Line]


async def shown(services: Services, journey: str) -> Shown:
    """The guardrails of one journey, tripped ones first."""
    standing = await standing_of(services.database, journey)
    return Shown(standing, [Line(row, _filled(row)) for row in standing.guardrails])


@router.post("/{name}/rearm")
async def rearm(console: SignedIn, name: str) -> Response:
    """Arm again what tripped."""
    fields = await console.form()
    await see_to(console.services, console.person, "guardrails:rearm")
    await arm_again(console.services.database, name, "", console.person, fields.get("reason", ""))
    return RedirectResponse(f"/journeys/{name}#guardrails", 303)


def _filled(row: Guardrail) -> float | None:
    if row.name in _BOTH_WAYS:
        return None
    # Where the control has none of what must not rise, any share is over the limit.
    return 100 * max(0.0, min(1.0, row.value / row.limit)) if row.limit else 100.0
