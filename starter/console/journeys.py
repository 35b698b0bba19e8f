"""Journeys: which there are, and each as a picture with the runs at its steps."""

from collections.abc import Sequence

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.drawing.svg import RULES, Count, draw_figure
from journeys.model import Journey
from journeys.wording import say_start
from starter.console.guardrails import shown
from starter.console.page import Console, PageRoute, Problem, SignedIn
from starter.console.whereabouts import count_here
from store.guardrails import guardrails
from store.tables import JourneyVersion
from store.versions import count_open_runs, list_versions, read_definition
from store.whereabouts import count_done, last_trails

router = APIRouter(prefix="/journeys", route_class=PageRoute)


@router.get("")
async def show_journeys(console: SignedIn) -> HTMLResponse:
    """Every journey that new runs may begin, and how many are under way."""
    async with console.services.database.reading() as session:
        open_runs = await count_open_runs(session)
        tripped = await guardrails(session, state="tripped")
    going: dict[str, int] = {}
    for (name, _), number in open_runs.items():
        going[name] = going.get(name, 0) + number
    journeys = [console.services.journeys[name] for name in sorted(console.services.journeys)]
    starts = {journey.journey: say_start(journey.start) for journey in journeys}
    return await console.show(
        "journeys.html",
        journeys=journeys,
        starts=starts,
        going=going,
        rolled_back={row.journey for row in tripped if not row.split},
        closed={row.journey for row in tripped if row.split},
    )


# No journey can have this name: a name has no dot.
@router.get("/drawing.css")
async def style_drawings() -> Response:
    """How drawings look; the page's own colours apply."""
    return Response(RULES, media_type="text/css", headers={"Cache-Control": "max-age=300"})


@router.get("/{name}")
async def show_journey(console: SignedIn, name: str, version: str = "") -> HTMLResponse:
    """One journey as a picture: the version that new runs get, or the one asked for."""
    async with console.services.database.reading() as session:
        versions = await list_versions(session, name)
        journey = _find(console, versions, name, version)
        runs = {v: number for (of, v), number in (await count_open_runs(session)).items() if of == name}
        counts = await _counts(session, journey)
    return await console.show(
        "journey.html",
        journey=journey,
        # The drawing escapes what it says by itself.
        drawing=Markup(draw_figure(journey, counts)),
        versions=versions,
        runs=runs,
        live=_live(console, versions, name),
        shown=await shown(console.services, name),
        may_rearm=console.may("guardrails:rearm"),
    )


async def _counts(session: AsyncSession, journey: Journey) -> dict[str, Count]:
    here = count_here(journey, await last_trails(session, journey.journey, journey.version))
    done = await count_done(session, journey.journey)
    return {step: Count(here=here[step], done=done.get(step, 0)) for step in {*here, *done}}


def _find(console: Console, versions: Sequence[JourneyVersion], name: str, version: str) -> Journey:
    loaded = console.services.journeys.get(name)
    if loaded is not None and version in ("", loaded.version):
        return loaded
    for row in versions:
        if row.version == version or (not version and row.live):
            return read_definition(row)
    raise Problem(404, "There is no such journey", "Look for it in the list of journeys; its version may be gone.")


def _live(console: Console, versions: Sequence[JourneyVersion], name: str) -> str:
    """The version that new runs get."""
    live = next((row.version for row in versions if row.live), None)
    return live or console.services.journeys[name].version
