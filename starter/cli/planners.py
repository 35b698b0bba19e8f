"""`sojourn planner`: who chooses, what was learned, and learning now instead of by the schedule."""

import asyncio
from typing import TYPE_CHECKING, Any

import typer

from starter.cli.invocation import Format, Output, noun, open_store, settings_of
from starter.cli.noting import note
from starter.cli.output import print_listing

if TYPE_CHECKING:
    from settings import Settings

app = noun("planner", "Who chooses at decision points, and what was learned there.")


@app.command("list")
def list_(context: typer.Context, output: Output = Format.text) -> None:
    """List the decision points that are learned from.

    LESSONS is how many decisions count so far. A point stands here twice when its features or settings
    changed: what was counted in one way is of no use to another.
    """
    rows = asyncio.run(_list(settings_of(context)))
    columns = {
        "JOURNEY": "journey",
        "DECISION": "decision",
        "LESSONS": "lessons",
        "LEARNED (UTC)": "changed_at",
        "REFITTED (UTC)": "refitted_at",
    }
    print_listing(rows, columns, output, "Nothing was learned yet.")


@app.command()
def learn(context: typer.Context, output: Output = Format.text) -> None:
    """Turn what happened into rewards and lessons, now. A worker does it every few minutes."""
    row = asyncio.run(_learn(settings_of(context)))
    print_listing([row], {"REWARDED": "rewarded", "LESSONS": "lessons"}, output, "")


@app.command()
def refit(context: typer.Context, output: Output = Format.text) -> None:
    """Fit what was learned anew from the log of decisions, now. A worker does it every night.

    A point with fewer than 50 decisions whose windows are over keeps what it has.
    """
    typer.echo("fitting the log of decisions anew ...", err=True)
    rows = asyncio.run(_refit(settings_of(context)))
    columns = {"JOURNEY": "journey", "DECISION": "decision", "DECISIONS": "decisions"}
    print_listing(rows, columns, output, "No decision point has a log long enough; everything stays as it was.")


async def _list(settings: "Settings") -> list[dict[str, Any]]:
    from store.lessons import list_points

    async with open_store(settings) as database, database.reading() as session:
        return [row.model_dump() for row in await list_points(session)]


async def _learn(settings: "Settings") -> dict[str, Any]:
    from datetime import UTC, datetime

    from activities.planning.learning import Learning
    from workflows.ports import LearnRequest

    async with open_store(settings) as database:
        return (await Learning(database).learn(LearnRequest(now=datetime.now(UTC)))).model_dump()


async def _refit(settings: "Settings") -> list[dict[str, Any]]:
    from datetime import UTC, datetime

    from activities.planning.learning import Learning
    from activities.planning.refitting import Refitting
    from workflows.ports import LearnRequest

    async with open_store(settings) as database:
        request = LearnRequest(now=datetime.now(UTC))
        await Learning(database).learn(request)
        points = (await Refitting(database).refit(request)).points
        await note(database, "planners", "refitted", points=len(points))
    return [point.model_dump() for point in points]
