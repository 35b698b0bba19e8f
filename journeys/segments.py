"""`segments.yaml`: groups of customers by what is known of them, which they enter and leave by themselves."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, RootModel

import yamlfile
from journeys.checking.customer import segment_scope
from journeys.checking.kinds import BOOLEAN
from journeys.checking.meaning import judge
from journeys.checking.report import Report
from journeys.conditions import check_names, names_segment
from journeys.model import Journey
from journeys.shapes import Shapes

FILE = "segments.yaml"


def _check_name(name: str) -> str:
    if not names_segment(name):
        raise ValueError(f"'{name}' is no name of a segment; write small letters, digits, '-' and '_'")
    return name


def _condition_alone(written: object) -> object:
    return {"if": written} if isinstance(written, str) else written


def _check_condition(source: str) -> str:
    return check_names(source, ("customer", "now"))


class Segment(BaseModel):
    """One segment. A bare condition is a segment without more."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    condition: Annotated[str, AfterValidator(_check_condition)] = Field(alias="if")
    """Over `customer` and `now`: who is in it."""
    description: str = ""


class _Segments(
    RootModel[
        dict[Annotated[str, AfterValidator(_check_name)], Annotated[Segment, BeforeValidator(_condition_alone)]]
    ]
):
    """What the file holds."""


Segments = Mapping[str, Segment]
"""Segments by name."""


def load_segments(folder: Path, shapes: Shapes) -> Segments:
    """Read the segments of a project, and check the names and types in their conditions; a project without the
    file has none. Raises yamlfile.FileProblems with every problem at its line."""
    file = folder / FILE
    if not file.is_file():
        return {}
    document = yamlfile.read(file)
    segments = yamlfile.validate(_Segments, document).root
    report = Report(document, file.read_text(encoding="utf-8").splitlines())
    for name, segment in segments.items():
        written = yamlfile.plain(document.root)[name]
        path = (name,) if isinstance(written, str) else (name, "if")
        source = segment.condition
        report.tell_findings(path, source, judge(source, segment_scope(shapes), (BOOLEAN,)))
    if report.problems:
        raise yamlfile.FileProblems(report.problems)
    return segments


def started_by(journey: Journey) -> str:
    """The name of the segment that starts a journey: one that is declared, or its very own; empty for a journey
    that is started in another way."""
    segment = journey.start.segment
    if segment is None:
        return ""
    return segment if names_segment(segment) else f"journey:{journey.journey}"


def conditions_of(segments: Segments, journeys: Iterable[Journey]) -> dict[str, str]:
    """By name, the conditions of all segments: the declared ones, and those that journeys have of their own."""
    declared = {name: segment.condition for name, segment in segments.items()}
    own = {
        started_by(journey): journey.start.segment
        for journey in journeys
        if journey.start.segment is not None and not names_segment(journey.start.segment)
    }
    return declared | own


def version_of(condition: str) -> str:
    """Tells one definition of a segment from another."""
    return sha256(condition.encode()).hexdigest()[:12]
