"""What a command can mean: the journeys in the project's files, and what of them and of content was published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from starter.cli.failures import CommandFailed
from starter.cli.invocation import has_store, open_store

if TYPE_CHECKING:
    from content.approvals import Place, Published
    from journeys.model import Journey
    from settings import Settings
    from store.tables import JourneyVersion


@dataclass(frozen=True)
class Known:
    """What is in the files by name, what was published, the latest first, and the open runs of each version."""

    files: Mapping[str, "Journey"]
    published: Sequence["JourneyVersion"] = ()
    runs: Mapping[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])

    @property
    def names(self) -> list[str]:
        return sorted({*self.files, *(row.journey for row in self.published)})

    def live(self, name: str) -> str | None:
        """The version that new runs get, if one was published."""
        return next((row.version for row in self.published if row.journey == name and row.live), None)

    def open_runs(self, name: str) -> dict[str, int]:
        """How many runs are open, by version."""
        return {version: number for (journey, version), number in self.runs.items() if journey == name}

    def summary(self, name: str) -> dict[str, object]:
        """A journey as a row of a listing."""
        from journeys.wording import say_start

        journey, runs = self.latest(name), self.open_runs(name)
        return {
            "name": name,
            "version": journey.version if name in self.files else None,
            "live": self.live(name),
            "starts": say_start(journey.start),
            "owner": journey.owner,
            "steps": len(journey.steps),
            "open_runs": runs,
            "runs": ", ".join(f"{number} on {version}" for version, number in runs.items()) or "none",
        }

    def latest(self, name: str) -> "Journey":
        """What the files say of a journey, else what is live. Raises CommandFailed when there is neither."""
        return self.files[name] if name in self.files else self.version(name, self.live(name) or "")

    def find(self, named: str) -> "Journey":
        """The journey that `NAME`, `NAME@VERSION` or the path of a file stands for. Raises CommandFailed."""
        from journeys.loader import load_journey
        from yamlfile import instead_of

        if Path(named).is_file():
            return load_journey(Path(named))
        name, _, version = named.partition("@")
        if name not in self.names:
            fix = instead_of(name, self.names)
            raise CommandFailed(f"There is no journey '{name}' ({fix}).")
        return self.version(name, version) if version else self.latest(name)

    def version(self, name: str, version: str) -> "Journey":
        """A version by its content address. Raises CommandFailed when there is none."""
        from store.versions import read_definition

        if name in self.files and self.files[name].version == version:
            return self.files[name]
        rows = [row for row in self.published if row.journey == name]
        for row in rows:
            if row.version == version:
                return read_definition(row)
        there = ", ".join(row.version for row in rows) or "none"
        raise CommandFailed(f"There is no version '{version}' of '{name}'; published are: {there}.")


async def read_known(settings: "Settings") -> Known:
    """Read the files, and the store where there is one. Raises yamlfile.FileProblems."""
    from journeys.loader import load_journeys
    from store.versions import count_open_runs, list_versions

    files = load_journeys(settings.project_dir / "journeys")
    if not has_store(settings):
        return Known(files)
    async with open_store(settings) as database, database.reading() as session:
        return Known(files, await list_versions(session), await count_open_runs(session))


async def published_content(settings: "Settings") -> "Mapping[Place, Published | None]":
    """The content that was published, as it is live; none where there is no store yet."""
    from deciding.live_content import published_content as read

    if not has_store(settings):
        return {}
    async with open_store(settings) as database, database.reading() as session:
        return await read(session)
