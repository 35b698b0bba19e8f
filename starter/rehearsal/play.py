"""Plays a rehearsal from its start to its end, and gives its story."""

from pathlib import Path

from pydantic import ValidationError

from journeys.loader import load_journey, load_journeys
from journeys.model import Journey
from journeys.steps import RunJourney, walk
from journeys.times import known_zone, zone_or_utc
from starter.rehearsal.calendar import Calendar, InThePast
from starter.rehearsal.model import Happening, Rehearsal, RehearsedCustomer, kind_of_file, read_rehearsal
from starter.rehearsal.player import Player, RehearsalFailed
from starter.rehearsal.stage import stage
from starter.rehearsal.story import Story, tell
from yamlfile import instead_of


async def play(project_dir: Path, rehearsal: Rehearsal) -> Story:
    """Play a rehearsal with the files of a project.

    Raises RehearsalFailed when it cannot go on, yamlfile.FileProblems when the project has problems, and
    LocalPartFailed when Temporal's test server is not there.
    """
    journeys = _cast(project_dir, rehearsal.journey)
    async with stage(project_dir, journeys) as ready:
        zone = known_zone(rehearsal.customer.time_zone) or zone_or_utc(ready.services.project.time_zone)
        try:
            calendar = Calendar(rehearsal.start, zone)
        except InThePast as error:
            raise RehearsalFailed(str(error)) from error
        done = await Player(ready, rehearsal, calendar).play()
        return await tell(ready, calendar, done)


def project_of(path: Path) -> Path:
    """The project folder that a file or folder is or lies in. Raises RehearsalFailed when there is none."""
    for folder in (path, *path.absolute().parents):
        if (folder / "sojourn.yaml").is_file():
            return folder
    raise RehearsalFailed(f"There is no project at {path}: no sojourn.yaml there, nor in a folder above it.")


def assemble(
    path: Path,
    customer: RehearsedCustomer | None = None,
    events: list[Happening] | None = None,
    start: str | None = None,
) -> Rehearsal:
    """The rehearsal in a file, with other parts where they are given; or one of the journey in a file.

    Raises yamlfile.FileProblems, and RehearsalFailed when a journey has nobody to be played for, or the start
    makes no sense.
    """
    given = {"customer": customer, "events": events, "start": start}
    changes = {key: value for key, value in given.items() if value is not None}
    if kind_of_file(path) == "rehearsal":
        base = dict(read_rehearsal(path))
    elif customer:
        base = {"journey": load_journey(path).journey}
    else:
        raise RehearsalFailed("Say with --customer FILE whom the journey is played for, or name a rehearsal.")
    try:
        return Rehearsal.model_validate(base | changes)
    except ValidationError as error:
        raise RehearsalFailed(error.errors()[0]["msg"].removeprefix("Value error, ").capitalize()) from error


def _cast(project_dir: Path, name: str) -> dict[str, Journey]:
    """The journey and those that it runs. Others would start by themselves, and tell another story.

    Raises RehearsalFailed when there is no such journey.
    """
    journeys = load_journeys(project_dir / "journeys")
    if name not in journeys:
        fix = instead_of(name, journeys)
        raise RehearsalFailed(f"There is no journey '{name}' ({fix}).")
    found: dict[str, Journey] = {}
    named = {name}
    while named:
        each = named.pop()
        if each in journeys and each not in found:
            found[each] = journeys[each]
            named |= {step.run for step in walk(journeys[each].steps) if isinstance(step, RunJourney)}
    return found
