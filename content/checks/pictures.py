"""Pictures without a text for those who do not see them."""

import re
from collections.abc import Iterator

from content.checks.subject import Subject
from yamlfile import Problem

_PICTURE = re.compile(r"<img\b[^>]*>", re.IGNORECASE | re.DOTALL)
_TEXT = re.compile(r"\salt\s*=", re.IGNORECASE)


def check(subject: Subject) -> Iterator[Problem]:
    """Every picture without a text; one that only adorns says so with an empty one."""
    fields = subject.variant.fields
    if "image_url" in fields and "image_alt" not in fields:
        fix = "say what it shows: image_alt: ...; '' where it only adorns"
        yield subject.tell("its picture has no text for those who do not see it", fix)
    for passage in subject.passages:
        for picture in _PICTURE.finditer(passage.text) if passage.html else ():
            if not _TEXT.search(picture[0]):
                fix = 'say what it shows: alt="..."; alt="" where it only adorns'
                yield passage.problem(picture.start(), "this picture has no text for those who do not see it", fix)
