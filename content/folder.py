"""Reads a content folder: every content by its name and channel, as its files are."""

import re
from collections import defaultdict
from pathlib import Path

from content.approvals import Place
from content.reading import EMAIL, HTML, MAIL_NAMES, TEXT, read_files
from content.source import Source
from content.templates import LAYOUTS, Compiler
from content.variant import Variant
from yamlfile import FileProblems, Problem

_FIELDS = re.compile(r"([a-z][a-z0-9_]*)\.yaml\.j2")
_NAMES = f"there may be {TEXT}, {HTML}, and <channel>.yaml.j2 for any other channel"


def read_folder(folder: Path) -> dict[Place, Variant]:
    """What the files of a content folder say. Raises yamlfile.FileProblems with every problem of every file."""
    if not folder.is_dir():
        raise FileProblems([Problem(folder, 1, 1, "there is no such folder")])
    compiler = Compiler.of_folder(folder / LAYOUTS)
    problems = compiler.check_layouts(also=MAIL_NAMES)
    written = dict[Place, Variant]()
    for content in sorted(f for f in folder.iterdir() if f.is_dir() and f.name[0] not in "._"):
        for channel, files in _by_channel(content, problems).items():
            try:
                sources = {name: Source.read(file) for name, file in files.items()}
                written[content.name, channel] = read_files(channel, sources, compiler)
            except FileProblems as error:
                problems += error.problems
    if problems:
        raise FileProblems(list(dict.fromkeys(problems)))
    return written


def _by_channel(folder: Path, problems: list[Problem]) -> dict[str, dict[str, Path]]:
    """The files of each channel by their names; what is no content file is added to `problems`."""
    channels: defaultdict[str, dict[str, Path]] = defaultdict(dict)
    for file in sorted(f for f in folder.iterdir() if not f.name.startswith(".")):
        if channel := _channel(file.name):
            channels[channel][file.name] = file
        else:
            problems.append(Problem(file, 1, 1, "this is not the name of a content file", _NAMES))
    if not channels:
        problems.append(Problem(folder, 1, 1, "this content has no channel", _NAMES))
    return channels


def _channel(file_name: str) -> str:
    """The channel that a file is for, or empty."""
    if file_name in (HTML, TEXT):
        return EMAIL
    match = _FIELDS.fullmatch(file_name)
    return match[1] if match and match[1] != EMAIL else ""
