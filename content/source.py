"""A content file as its author wrote it: front matter between two lines of `---`, then the template."""

from dataclasses import dataclass
from pathlib import Path

import yamlfile
from yamlfile import Document, FileProblems, Problem

_FENCE = "---"


@dataclass(frozen=True)
class Source:
    """A file, its front matter and its body, which starts at `line`."""

    file: Path
    text: str
    front: Document
    body: str
    line: int

    @classmethod
    def read(cls, file: Path) -> "Source":
        """Read a file, with front matter or without. Raises yamlfile.FileProblems."""
        return cls.of(file, file.read_text(encoding="utf-8"))

    @classmethod
    def of(cls, file: Path, text: str) -> "Source":
        """What a file says or once said. Raises yamlfile.FileProblems."""
        lines = text.splitlines(keepends=True)
        if not lines or lines[0].rstrip() != _FENCE:
            return cls(file, text, Document(file, {}), text, 1)
        fences = [number for number, line in enumerate(lines) if line.rstrip() == _FENCE]
        if len(fences) < 2:
            raise FileProblems(
                [Problem(file, 1, 1, f"the front matter has no end; close it with a line '{_FENCE}'")]
            )
        end = fences[1]
        front = yamlfile.read(file, "".join(lines[1:end]), first_line=2)
        return cls(file, text, front, "".join(lines[end + 1 :]), end + 2)
