"""All content of a project, approved or not, with what it is checked and previewed against."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yamlfile
from access import Person, who_may
from content.approvals import Approvals
from content.catalogue import Catalogue
from content.checks.registry import Finding, check_content
from content.checks.subject import Subject
from content.library import Entry, Library
from content.review import touches
from deciding.checking import check_planners
from journeys.shapes import Shapes, load_shapes
from project import Project, read_project


class ApprovalRefused(Exception):
    """Content cannot be approved; the message says why and what to do."""


@dataclass(frozen=True)
class Shelf:
    """The content of one project folder."""

    folder: Path
    project: Project
    library: Library
    catalogue: Catalogue
    shapes: Shapes

    @classmethod
    def open(cls, folder: Path) -> "Shelf":
        """Read a project's content. Variables of the environment that are not set do not matter here.

        Raises yamlfile.FileProblems.
        """
        project, catalogue = read_project(folder), Catalogue.load(folder / "catalogue.yaml")
        library = Library.load(folder / "content", catalogue, unapproved=True)
        check_planners(folder, library.surfaces)
        return cls(folder, project, library, catalogue, load_shapes(folder / "events.yaml"))

    def entries(self, name: str = "") -> list[Entry]:
        """The content of this name over each channel, or all. Raises ApprovalRefused for an unknown name."""
        found = [entry for entry in self.library.entries if name in ("", entry.name)]
        if name and not found:
            fix = yamlfile.nearest(name, sorted({entry.name for entry in self.library.entries}))
            raise ApprovalRefused(f"There is no content '{name}'" + (f" ({fix})" if fix else "") + ".")
        return found

    def findings(self, entry: Entry, now: datetime) -> list[Finding]:
        """What the rules find in a content at `now`, in UTC."""
        rules, brand = self.project.content, self.project.brand
        return check_content(Subject(entry.name, entry.variant, rules, brand, self.shapes, self.catalogue, now))

    def approve(self, entries: list[Entry], person: Person, now: datetime) -> list[Entry]:
        """Approve content as it is now, in this person's name, and give what was not approved before.

        Raises ApprovalRefused, and then approves nothing.
        """
        new = [entry for entry in entries if entry.standing.state != "approved"]
        if refused := self.why_not(new, person, now):
            raise ApprovalRefused("\n".join([*refused, "Nothing was approved."]))
        approvals = Approvals.load(self.folder / "content")
        for entry in new:
            approvals.give(entry.name, entry.variant, person.email, now)
        approvals.save({(entry.name, entry.variant.channel) for entry in self.library.entries})
        return new

    def why_not(self, entries: list[Entry], person: Person, now: datetime) -> list[str]:
        """Why this person may not approve content as it is now; empty when they may."""
        if not self.project.may(person, "approvals:decide"):
            return [f"Approving is for {who_may('approvals:decide')}; {person.email} is neither."]
        if (group := self.project.content.approvers) and group not in person.groups:
            return [f"Content is approved by the group '{group}'; {person.email} is not in it."]
        return [why for entry in entries for why in self._against(entry, person, now)]

    def _against(self, entry: Entry, person: Person, now: datetime) -> list[str]:
        front, file = entry.variant.front, entry.variant.file
        if front.status != "in_review":
            return [f"{file}: {entry.standing.why}; write 'status: in_review' when it is ready."]
        if front.author == person.email:
            return [f"{file}: {person.email} wrote it; someone else approves it."]
        review = self.project.review
        for area in touches(entry.variant):
            if area in review and review[area] not in person.groups:
                group = review[area]
                return [f"{file}: it touches {area}, so '{group}' approves it; {person.email} is not in it."]
        return [str(finding) for finding in self.findings(entry, now)]
