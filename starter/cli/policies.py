"""`sojourn policy`: what is in force, whether it is right, and what a change would have done."""

import asyncio
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from starter.cli.failures import CommandFailed
from starter.cli.foretell import explain
from starter.cli.invocation import Format, Output, noun, open_store, settings_of
from starter.cli.output import moment, paragraph, print_json

if TYPE_CHECKING:
    from policies.model import Policy
    from settings import Settings
    from starter.judging.preview import Preview

app = noun("policy", "What must never happen: the policies in force, and what they say.")

_EXAMPLES = 5
_NOTHING: tuple[object, ...] = (None, False, "", [], {})


@app.command("list")
def list_(context: typer.Context, output: Output = Format.text) -> None:
    """List the policies in force, with their settings and where they come from."""
    from starter.judging.forces import policies_in_force

    found = policies_in_force(settings_of(context).project_dir)
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
    from policies.registry import load_policies, with_always

    changed = with_always(load_policies(file))
    found = asyncio.run(_preview(settings_of(context), changed, days))
    if output is Format.json:
        print_json(found.as_json())
    else:
        _tell(found, file, days)


app.command()(explain)


async def _preview(settings: "Settings", policies: "tuple[Policy, ...]", days: int) -> "Preview":
    from starter.judging.preview import preview
    from store.audit import count_between, entries_between

    until = datetime.now(UTC)
    since = until - timedelta(days=days)
    async with open_store(settings) as database, database.reading() as session:
        total = await count_between(session, since, until, "verdict")
        return await preview(policies, entries_between(session, since, until, "verdict"), _Progress(total))


class _Progress:
    """Tells on a terminal how far it is, now and then."""

    def __init__(self, total: int) -> None:
        self._total = total

    def __call__(self, done: int) -> None:
        if sys.stderr.isatty() and (done % 100 == 0 or done == self._total):
            typer.echo(f"\rjudged {done} of {self._total}", nl=done == self._total, err=True)


def _tell(found: "Preview", file: Path, days: int) -> None:
    from collections import Counter

    from starter.judging.preview import WOULD, blame

    span = "the last day" if days == 1 else f"the last {days} days"
    typer.echo(paragraph(f"{found.judged} decisions of {span}, judged again by {file}:", ""))
    for name, changed in found.changes().items():
        because = ", ".join(f"{policy} {count}" for policy, count in blame(changed))
        label = f"would have been {WOULD[name]}"
        typer.echo(f"{len(changed):>8}  {label}{f' ({because})' if because else ''}")
    typer.echo(f"{found.same:>8}  as they were")
    if found.untold:
        typer.echo(f"{len(found.untold):>8}  cannot be told:")
        for why, count in Counter(one.why for one in found.untold).most_common():
            typer.echo(paragraph(f"{count}: {why}", " " * 10, " " * 12))
    for name, changed in found.changes().items():
        for number, one in enumerate(changed[:_EXAMPLES]):
            if number == 0:
                typer.echo(f"\nWould have been {WOULD[name]}, for example (UTC):")
            why = "; ".join(f"{said.policy}: {said.reason}" for said in one.why)
            was = "" if name != "allow" else "no longer "
            line = f"{moment(one.at)}  {one.journey}/{one.step_id} by {one.what}: {was}{why}"
            typer.echo(paragraph(line, "  ", "      "))


def _plain(value: object) -> str:
    """A setting in a line; of settings within settings only those that say something."""
    if isinstance(value, dict):
        said = {name: one for name, one in cast(dict[str, object], value).items() if one not in _NOTHING}
        return ", ".join(f"{name} {_plain(one)}" for name, one in said.items())
    if isinstance(value, list):
        return "; ".join(_plain(one) for one in cast(list[object], value))
    return str(value)
