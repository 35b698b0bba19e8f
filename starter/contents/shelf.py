"""All content of a project, approved or not, with what it is checked and previewed against, and who uses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yamlfile
from content.approvals import Place, Published
from content.catalogue import Catalogue
from content.checks.registry import Finding, check_content
from content.checks.subject import Subject
from content.library import Entry, Library
from deciding.checking import check_planners
from journeys.model import Journey
from journeys.shapes import Shapes, load_shapes
from project.model import Project, read_project


class NoSuchContent(Exception):
    """There is no content of this name; the message names the nearest, or all there are."""


@dataclass(frozen=True)
class Shelf:
    """The content of one project folder, beside what is live of it."""

    folder: Path
    project: Project
    library: Library
    catalogue: Catalogue
    shapes: Shapes
    journeys: Mapping[str, Journey]

    @classmethod
    def open(
        cls, folder: Path, published: Mapping[Place, Published | None], journeys: Mapping[str, Journey]
    ) -> "Shelf":
        """Read a project's content. Variables of the environment that are not set do not matter here.

        Raises yamlfile.FileProblems.
        """
        project, catalogue = read_project(folder), Catalogue.load(folder / "catalogue.yaml")
        library = Library.load(folder / "content", catalogue, unapproved=True, review=project.review)
        check_planners(folder, library.surfaces)
        shapes = load_shapes(folder / "events.yaml")
        return cls(folder, project, library.with_published(published), catalogue, shapes, journeys)

    def entries(self, name: str = "") -> list[Entry]:
        """The content of this name over each channel, or all. Raises NoSuchContent."""
        found = [entry for entry in self.library.entries if name in ("", entry.name)]
        if name and not found:
            fix = yamlfile.instead_of(name, sorted({entry.name for entry in self.library.entries}))
            raise NoSuchContent(f"There is no content '{name}' ({fix}).")
        return found

    def findings(self, entry: Entry, now: datetime) -> list[Finding]:
        """What the rules find in a content at `now`, in UTC."""
        rules, brand = self.project.content, self.project.brand
        return check_content(Subject(entry.name, entry.variant, rules, brand, self.shapes, self.catalogue, now))
