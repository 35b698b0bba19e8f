"""`sojourn lift`: what journeys bring that would not have come anyway, in money and in conversions."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.failures import CommandFailed
from starter.cli.intervals import amount, points
from starter.cli.invocation import Format, Output, open_store, settings_of
from starter.cli.output import paragraph, print_json

if TYPE_CHECKING:
    from content.surfaces import Surface
    from journeys.model import Journey
    from policies.holdout import HoldoutPolicy
    from settings import Settings


def lift(
    context: typer.Context,
    journey: Annotated[
        str, typer.Argument(metavar="[JOURNEY]", help="Only of this one, or of surface.NAME.")
    ] = "",
    event: Annotated[str, typer.Option(help="What counts as a conversion.")] = "Order Completed",
    window: Annotated[int, typer.Option(min=1, help="Days in which it counts for a journey.")] = 14,
    days: Annotated[int, typer.Option(min=1, help="How far back to look.")] = 90,
    output: Output = Format.text,
) -> None:
    """Say what journeys bring over those they leave alone, and their planners over none.

    All journeys are held against the share that the policy 'holdout' leaves alone for ever, by everything that
    happened in the period. A journey is held against its own 'holdout', whose customers live on as before it, and
    against 'as_usual', for whom no planner decides, by what happened within the window of when they first came.
    The slots of a surface are held against its 'as_usual' in the same way.
    The intervals hold at every look.
    """
    from journeys.events import OUTCOMES

    if event in OUTCOMES:
        raise CommandFailed(
            f"'{event}' says what became of a message and not what it was good for. Name what a customer does."
        )
    rows = asyncio.run(_lift(settings_of(context), journey, event, window, days))
    if output is Format.json:
        print_json(rows)
        return
    for row in rows:
        _tell(row, days, window)
    typer.echo("At 95 %, with bounds that hold at every look.")


async def _lift(settings: "Settings", name: str, event: str, window: int, days: int) -> list[dict[str, Any]]:
    from datetime import UTC, datetime, timedelta

    from starter.experiments.lifting import Wanted, document, lift_of_all, lifts
    from store.files import live_files

    journeys, surfaces = _named(settings, name)
    now = datetime.now(UTC)
    wanted = Wanted(event, timedelta(days=window), now - timedelta(days=days), now)
    async with open_store(settings) as database, database.reading() as session:
        live = await live_files(session, "policies.yaml")
        holdout = _holdout(settings, live.files["policies.yaml"] if live else None)
        found = await lifts(session, journeys, surfaces, holdout, wanted)
        if holdout and 0 < holdout.share < 100 and not name:
            found.insert(0, await lift_of_all(session, holdout, wanted))
    if not found:
        raise CommandFailed(
            "Nobody is left alone, so no lift can be told: give the journey a 'holdout' or 'as_usual', the "
            "surface 'as_usual', or the project the policy 'holdout'."
        )
    return [document(told) for told in found]


def _named(settings: "Settings", name: str) -> "tuple[list[Journey], dict[str, Surface]]":
    """The project's journeys and surfaces, or the one that is named."""
    from content.library import load_library
    from content.surfaces import FILE as SURFACES
    from journeys.ids import surface_journey
    from journeys.loader import load_journeys
    from yamlfile import instead_of

    journeys = load_journeys(settings.project_dir / "journeys")
    declared = (settings.project_dir / SURFACES).is_file()
    surfaces = dict(load_library(settings.project_dir).surfaces) if declared else {}
    known = [*journeys, *map(surface_journey, surfaces)]
    if name and name not in known:
        raise CommandFailed(f"There is no journey '{name}' ({instead_of(name, known)}).")
    return (
        [journey for journey in journeys.values() if name in ("", journey.journey)],
        {each: surface for each, surface in surfaces.items() if name in ("", surface_journey(each))},
    )


def _holdout(settings: "Settings", live: str | None) -> "HoldoutPolicy | None":
    """The policy that leaves a share of all alone, as it was published, or stands in the folder."""
    from policies.holdout import HoldoutPolicy
    from policies.registry import load_policies

    policies = load_policies(settings.project_dir / "policies.yaml", live)
    return next((policy for policy in policies if isinstance(policy, HoldoutPolicy)), None)


def _tell(row: dict[str, Any], days: int, window: int) -> None:
    typer.echo(f"{row['of']}, over the {row['share']:g} % {_OVER[row['over']]}, {days} days:")
    if "why_not" in row:
        typer.echo(f"  {row['why_not']}\n")
        return
    held_out, treated = row["held_out"], row["treated"]
    typer.echo(f"  money        {amount(row['money'])}")
    typer.echo(f"  conversions  {amount(row['conversions'])}")
    typer.echo(f"  rate         {points(row['rate'])}")
    typer.echo(f"  customers    {treated['customers']:,} treated, {held_out['customers']:,} {_OVER[row['over']]}")
    if row["waiting"]:
        typer.echo(f"               {row['waiting']:,} do not count yet: their {window} days are not over")
    typer.echo(paragraph(row["says"], "  ") + "\n")


_OVER = {"holdout": "left alone", "as-usual": "as usual"}
"""How the arms are called that something is held against."""
