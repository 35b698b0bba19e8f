"""Reads journey files. Every problem is told at its line."""

from pathlib import Path

import yamlfile
from journeys.model import Journey


def load_journey(file: Path) -> Journey:
    """Read one journey file. Raises yamlfile.FileProblems."""
    return yamlfile.read_as(Journey, file)


def load_journeys(folder: Path) -> dict[str, Journey]:
    """Every journey in a folder, by name. Raises yamlfile.FileProblems with the problems of all files."""
    journeys: dict[str, Journey] = {}
    problems: list[yamlfile.Problem] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            journey = load_journey(file)
        except yamlfile.FileProblems as error:
            problems += error.problems
            continue
        if journey.journey in journeys:
            problems.append(yamlfile.Problem(file, 1, 1, f"a journey named '{journey.journey}' exists already"))
        journeys[journey.journey] = journey
    if problems:
        raise yamlfile.FileProblems(problems)
    return journeys
