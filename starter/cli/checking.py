"""Whether a project's files are right: each by itself, and the content that its journeys name."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yamlfile
from content.catalogue import Catalogue
from content.library import Library
from content.rendering import UnknownContent
from journeys.loader import load_journey, load_journeys
from policies.registry import load_policies
from starter.cli.failures import CommandFailed
from yamlfile import FileProblems, Path_, Problem


@dataclass(frozen=True)
class Told:
    """The journeys that were looked at, by name, and every problem found."""

    journeys: list[str]
    problems: list[Problem]


def check_project(path: Path) -> Told:
    """Check a project folder, or one journey file against its project. Raises CommandFailed when there is none."""
    folder = _project_of(path)
    files = [path] if path.is_file() else sorted((folder / "journeys").glob("*.yaml"))
    if not files:
        raise CommandFailed(f"There are no journeys in {folder / 'journeys'}.")
    problems: list[Problem] = []
    try:
        names = [load_journey(path).journey] if path.is_file() else list(load_journeys(folder / "journeys"))
    except FileProblems as error:
        names, problems = [], error.problems
    try:
        load_policies(folder / "policies.yaml")
    except FileProblems as error:
        problems += error.problems
    try:
        library = Library.load(folder / "content", Catalogue.load(folder / "catalogue.yaml"))
    except FileProblems as error:
        problems += error.problems
    else:
        broken = {problem.file for problem in problems}
        problems += [p for file in files if file not in broken for p in _missing_content(file, library)]
    return Told(names, problems)


def _project_of(path: Path) -> Path:
    """The project folder that a path is or lies in."""
    for folder in (path, *path.absolute().parents):
        if (folder / "sojourn.yaml").is_file():
            return folder
    raise CommandFailed(f"There is no project at {path}: no sojourn.yaml there, nor in a folder above it.")


def _missing_content(file: Path, library: Library) -> Iterator[Problem]:
    document = yamlfile.read(file)
    for path, step in _sends(document.root, ()):
        name, channel = str(step["content"]), str(step["send"])
        try:
            channels = library.channels(name)
        except UnknownContent as error:
            yield document.problem((*path, "content"), str(error))
            continue
        if channel not in channels:
            has = ", ".join(channels)
            yield document.problem((*path, "content"), f"'{name}' has nothing for {channel}; it has {has}")


def _sends(node: object, path: Path_) -> Iterator[tuple[Path_, dict[str, Any]]]:
    """Every step of a journey file that sends content, with its place."""
    if isinstance(node, dict):
        step = cast(dict[str, Any], node)
        if "send" in step and "content" in step:
            yield path, step
        for key, inner in step.items():
            yield from _sends(inner, (*path, key))
    elif isinstance(node, list):
        for number, inner in enumerate(cast(list[object], node)):
            yield from _sends(inner, (*path, number))
