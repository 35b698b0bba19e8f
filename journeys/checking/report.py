"""Tells problems of one journey file, each at the exact place where that can be seen in the file."""

from collections.abc import Iterable

from journeys.checking.meaning import Finding
from journeys.steps import Place
from yamlfile import Document, Problem, instead_of


class Report:
    """The problems of one file."""

    def __init__(self, document: Document, lines: list[str]) -> None:
        self.document = document
        self._lines = lines
        self.problems: list[Problem] = []

    def tell(self, path: Place, message: str, fix: str = "") -> None:
        """A problem at a key, or at its nearest parent that is written."""
        self.problems.append(self.document.problem(path, message, fix))

    def unknown(self, path: Place, what: str, name: str, known: Iterable[str]) -> None:
        """A name that does not exist, with the nearest that does."""
        names = sorted(known)
        self.tell(path, f"{what} '{name}'", instead_of(name, names))

    def tell_findings(self, path: Place, source: str, findings: Iterable[Finding]) -> None:
        """Problems inside an expression, at their columns when it stands on one line."""
        for finding in findings:
            line, column = self._inside(path, source, finding.at)
            self.problems.append(Problem(self.document.file, line, column, finding.message, finding.fix))

    def _inside(self, path: Place, source: str, offset: int) -> tuple[int, int]:
        line, column = self.document.place(path)
        written = self._lines[line - 1][column - 1 :] if line <= len(self._lines) else ""
        # The key goes before its value, and may look like a part of it: `event: event.total > 3`.
        begins = written.find(source, len(str(path[-1])) if written.startswith(str(path[-1])) else 0)
        return (line, column + begins + offset) if begins >= 0 else (line, column)
