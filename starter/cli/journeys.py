"""`sojourn journey`: what the project's journeys are, and whether they are right."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from starter.cli.draw import draw
from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, noun, settings_of
from starter.cli.journey_publish import publish
from starter.cli.known import published_content, read_known
from starter.cli.output import print_json, print_listing
from starter.cli.rehearse import rehearse
from starter.cli.versions import diff, migrate

app = noun("journey", "The project's journeys, and their published versions.")


@app.command()
def check(
    context: typer.Context,
    path: Annotated[
        Path | None, typer.Argument(help="A project folder, or one journey file. Default: the project.")
    ] = None,
    output: Output = Format.text,
) -> None:
    """Check journeys, policies and content. Every problem is told as file:line:column."""
    from starter.cli.checking import check_project, project_of

    settings = settings_of(context)
    where = path or settings.project_dir
    # What an installation has published says nothing of another project.
    is_ours = project_of(where).resolve() == settings.project_dir.resolve()
    told = check_project(where, asyncio.run(published_content(settings)) if is_ours else {})
    if output is Format.json:
        print_json({"journeys": told.journeys, "problems": [asdict(problem) for problem in told.problems]})
        if told.problems:
            raise typer.Exit(1)
    elif told.problems:
        count = len(told.problems)
        raise CommandFailed("\n".join([*map(str, told.problems), f"{count} problem{'s' if count > 1 else ''}."]))
    else:
        typer.echo(f"All right: {', '.join(told.journeys)}.")


@app.command()
def schema() -> None:
    """Print the JSON Schema of journey files, for editors."""
    from journeys.schema import journey_schema

    print_json(journey_schema())


@app.command("list")
def list_(context: typer.Context, output: Output = Format.text) -> None:
    """List journeys: the version in the files, the live one, and the open runs of each version."""
    known = asyncio.run(read_known(settings_of(context)))
    rows = [known.summary(name) for name in known.names]
    columns = {"JOURNEY": "name", "IN FILES": "version", "LIVE": "live", "OPEN RUNS": "runs"}
    print_listing(rows, columns, output, "This project has no journeys yet; write one in its folder 'journeys'.")


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The journey's name; NAME@VERSION for a published version.")],
    output: Output = Format.text,
) -> None:
    """Show what a journey does, step by step."""
    from starter.cli.outline import outline

    journey = asyncio.run(read_known(settings_of(context))).find(name)
    if output is Format.json:
        print_json(journey.model_dump(mode="json", by_alias=True) | {"version": journey.version})
    else:
        typer.echo(outline(journey))


for verb in (draw, rehearse, diff, publish, migrate):
    app.command()(verb)
