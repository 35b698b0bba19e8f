"""`sojourn journey rehearse`: plays journeys for made-up customers, with time skipped."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, settings_of
from starter.cli.output import print_json

if TYPE_CHECKING:
    from starter.rehearsal.model import Entry, Rehearsal
    from starter.rehearsal.story import Story

File = Path | None


@dataclass(frozen=True)
class _Played:
    """A rehearsal that was played, and how it differs from what was expected, if anything was."""

    name: str
    story: "Story"
    expected: "list[Entry] | None"
    differences: list[str]

    def as_json(self) -> dict[str, object]:
        return {
            "rehearsal": self.name,
            "outcome": self.story.outcome,
            "as_expected": None if self.expected is None else not self.differences,
            "differences": self.differences,
            "timeline": [
                line.entry.model_dump(exclude_none=True) | ({"did": line.did} if line.did else {})
                for line in self.story.lines
            ],
        }


def rehearse(
    context: typer.Context,
    path: Annotated[
        File, typer.Argument(help="A rehearsal, a journey, or a project: then all its rehearsals. Default: here.")
    ] = None,
    customer: Annotated[File, typer.Option(metavar="FILE", help="Who it is: traits, addresses, consents.")] = None,
    events: Annotated[File, typer.Option(metavar="FILE", help="What happens: a list of events.")] = None,
    start: Annotated[str | None, typer.Option(help="When it starts, such as 'monday 14:00'.")] = None,
    expect: Annotated[File, typer.Option(metavar="FILE", help="Fail unless the same comes as was saved.")] = None,
    save: Annotated[File, typer.Option(metavar="FILE", help="Save it with what came of it.")] = None,
    output: Output = Format.text,
) -> None:
    """Play a journey for a made-up customer: when, what, to whom and why.

    The real workflow, policies and content run; the vendors are played, and days pass in seconds.
    """
    from starter.rehearsal.saving import NoRehearsal
    from starter.rehearsal.saving import save as write

    rehearsals = _rehearsals(path or settings_of(context).project_dir, customer, events, start)
    if len(rehearsals) > 1 and (expect or save):
        raise CommandFailed("Name one rehearsal to compare it with another file, or to save it.")
    played = [asyncio.run(_play(folder, name, each, expect)) for name, (folder, each) in rehearsals.items()]
    if save:
        try:
            write(save, next(iter(rehearsals.values()))[1], played[0].story)
        except NoRehearsal as error:
            raise CommandFailed(str(error)) from error
    if output is Format.json:
        print_json(played[0].as_json() if len(played) == 1 else [each.as_json() for each in played])
    else:
        _print(played)
    if any(each.differences for each in played):
        raise typer.Exit(1)


def _rehearsals(
    path: Path, customer: File, events: File, start: str | None
) -> "dict[str, tuple[Path, Rehearsal]]":
    """What to play, by name, each with its project. Raises FileProblems, CommandFailed."""
    from starter.rehearsal.model import Happenings, RehearsedCustomer, read_rehearsal
    from starter.rehearsal.play import assemble, project_of
    from yamlfile import read_as

    folder = project_of(path)
    if path.is_file():
        who = read_as(RehearsedCustomer, customer) if customer else None
        what = read_as(Happenings, events).root if events else None
        return {path.stem: (folder, assemble(path, who, what, start))}
    if customer or events or start:
        raise CommandFailed("Name the journey that this customer and these events are for.")
    files = sorted((folder / "rehearsals").glob("*.yaml"))
    if not files:
        raise CommandFailed(f"There are no rehearsals in {folder / 'rehearsals'}.")
    return {file.stem: (folder, read_rehearsal(file)) for file in files}


async def _play(folder: Path, name: str, rehearsal: "Rehearsal", expect: File) -> _Played:
    from starter.rehearsal.comparison import differences
    from starter.rehearsal.model import read_rehearsal
    from starter.rehearsal.play import play

    expected = read_rehearsal(expect).expect or [] if expect else rehearsal.expect
    story = await play(folder, rehearsal)
    return _Played(name, story, expected, [] if expected is None else differences(expected, story.entries))


def _print(played: list[_Played]) -> None:
    """One rehearsal as its timeline, several as a line each; either with the differences."""
    from starter.rehearsal.telling import timeline

    for each in played:
        if len(played) == 1:
            typer.echo(timeline(each.name, each.story))
        verdict = "not as expected" if each.differences else "as expected" if each.expected is not None else ""
        if verdict:
            typer.echo(f"\n{verdict.capitalize()}." if len(played) == 1 else f"{each.name}: {verdict}")
        for line in each.differences:
            typer.echo(line)
