"""Every `sojourn ...` that the documents show is a command that exists, with options that it has."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from starter.cli.root import app

pytestmark = pytest.mark.xdist_group("documents")
ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(ROOT.glob("docs/*.md"))
_BLOCK = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
_INLINE = re.compile(r"`(sojourn [^`]+)`")
_COMMAND = re.compile(r"(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?sojourn (.*)")
_END = re.compile(r"[|>&]")


def shown(document: str) -> Iterator[list[str]]:
    """The words after `sojourn` of each command, as far as a pipe."""
    blocks = "".join(block.replace("\\\n", " ") for block in _BLOCK.findall(document))
    for line in (*blocks.splitlines(), *_INLINE.findall(_BLOCK.sub("", document))):
        if found := _COMMAND.match(line.strip()):
            yield shlex.split(_END.split(found[1])[0], comments=True)


@cache
def whole() -> Any:
    """The command line as typer makes it of its functions, which takes a moment."""
    return get_command(app)


def unknown(words: list[str]) -> list[str]:
    """The nouns, verbs and options of a command that there are not."""
    command = whole()
    options = {"--help"}
    for number, word in enumerate(words):
        options |= {name for known in command.params for name in (*known.opts, *known.secondary_opts)}
        if not hasattr(command, "commands") or word.startswith("-"):
            return [each for each in words[number:] if each.startswith("-") and each.split("=")[0] not in options]
        if word not in command.commands:
            return [word]
        command = command.commands[word]
    return []


@pytest.mark.parametrize("document", [ROOT / "README.md", *DOCUMENTS], ids=lambda file: file.name)
def test_every_command_that_is_shown_exists(document: Path):
    told = [(words, wrong) for words in shown(document.read_text(encoding="utf-8")) if (wrong := unknown(words))]
    assert told == []


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        ("journey check", []),
        ("journy check", ["journy"]),
        ("journey chekc --project here", ["chekc"]),
        ("journey list -o json --sorted", ["--sorted"]),
    ],
)
def test_what_does_not_exist_is_found(command: str, wrong: list[str]):
    assert unknown(command.split()) == wrong
