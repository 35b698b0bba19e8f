"""`sojourn policy`: what is in force, whether it is right, and what a change would have done."""

import asyncio
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from starter.cli.failures import CommandFailed
from starter.cli.foretell import explain
from starter.cli.invocation import Format, Output, has_store, noun, open_store, settings_of
from starter.cli.output import moment, paragraph, print_json
from starter.cli.policy_publish import publish
from starter.cli.rejudging import counted, exemplified, rejudge

if TYPE_CHECKING:
    from settings import Settings
    from starter.judging.preview import Preview
    from store.tables import FilesVersion

app = noun("policy", "What must never happen: the policies in force, and what they say.")

_ON_THE_MINUTE = re.compile(r"^(\d\d:\d\d):00$")
_NOTHING: tuple[object, ...] = (None, False, "", [], {})


@app.command("list")
def list_(context: typer.Context, output: Output = Format.text) -> None:
    """List the policies in force, with their settings and where they come from."""
    from starter.judging.forces import policies_in_force

    settings = settings_of(context)
    live = asyncio.run(_live(settings))
    found = policies_in_force(settings.project_dir, live.files["policies.yaml"] if live else None)
    file = settings.project_dir / "policies.yaml"
    # Where the folder has none, nothing differs: what is live is all there is.
    if live and file.exists() and live.files["policies.yaml"] != file.read_text(encoding="utf-8"):
        since = f"{live.version} of {moment(live.published_at)} UTC, by {live.published_by}"
        told = f"The folder's policies.yaml is not what is live ({since}). 'sojourn policy publish' makes it so."
        typer.echo(paragraph(told), err=True)
    if output is Format.json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        typer.echo(f"{one.policy}  ({one.where})")
        typer.echo(paragraph(one.about, "    "))
        for name, value in one.settings.items():
            if value in _NOTHING:
                continue
            typer.echo(paragraph(f"{name}: {_plain(value)}", "    - ", "      "))


@app.command()
def check(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Default: the project's own.")] = None,
    output: Output = Format.text,
) -> None:
    """Check a policies.yaml. Every problem is told as file:line:column; exit code 1 when there is one."""
    from starter.cli.checking import check_policies

    folder = settings_of(context).project_dir
    chosen = file or folder / "policies.yaml"
    problems = check_policies(folder, chosen)
    if output is Format.json:
        print_json({"problems": [asdict(problem) for problem in problems]})
        if problems:
            raise typer.Exit(1)
    elif problems:
        count = len(problems)
        raise CommandFailed("\n".join([*map(str, problems), f"{count} problem{'s' if count > 1 else ''}."]))
    else:
        typer.echo(f"{chosen} is all right.")


@app.command()
def preview(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A changed policies.yaml.")],
    days: Annotated[int, typer.Option(min=1, max=400, help="How many days back.")] = 7,
    output: Output = Format.text,
) -> None:
    """Judge the recorded decisions of the last days by a changed policies.yaml, and say what would differ.

    Nothing is changed. What cannot be told from what was recorded is counted apart, with the reason.
    """
    found = asyncio.run(_preview(settings_of(context), file, days))
    if output is Format.json:
        print_json(found.as_json())
    else:
        typer.echo("\n".join([*counted(found, days, str(file)), *exemplified(found)]))


app.command()(publish)
app.command()(explain)


async def _preview(settings: "Settings", file: Path, days: int) -> "Preview":
    from policies.registry import load_policies

    changed = load_policies(file)
    async with open_store(settings) as database:
        return await rejudge(database, changed, days)


async def _live(settings: "Settings") -> "FilesVersion | None":
    """What is live, if the store knows of it."""
    from starter.changes.policies import SUBJECT
    from store.files import live_files

    if not has_store(settings):
        return None
    async with open_store(settings) as database, database.reading() as session:
        return await live_files(session, SUBJECT)


def _plain(value: object) -> str:
    """A setting in a line, as it is written; of settings within settings only those that say something."""
    if isinstance(value, dict):
        said = {name: one for name, one in cast(dict[str, object], value).items() if one not in _NOTHING}
        return ", ".join(f"{name} {_plain(one)}" for name, one in said.items())
    if isinstance(value, list):
        return "; ".join(_plain(one) for one in cast(list[object], value))
    if isinstance(value, float):
        return f"{value:g}"
    return _ON_THE_MINUTE.sub(r"\1", str(value))
