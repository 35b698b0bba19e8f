"""Finds the tools: every `Tool` subclass in a file of this package, with its settings from `sojourn.yaml`."""

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from typing import Any, cast

import yamlfile
from activities import tools
from activities.tools.model import Tool


@cache
def known_tools() -> dict[str, type[Tool]]:
    """Every tool by the name it has in journeys and in `sojourn.yaml`."""
    for module in pkgutil.iter_modules(tools.__path__):
        importlib.import_module(f"activities.tools.{module.name}")
    return {kind.name: kind for kind in Tool.__subclasses__()}


def load_tools(settings: dict[str, dict[str, Any]], where: Path) -> dict[str, Tool]:
    """The tools that are set up, by name. Raises yamlfile.FileProblems with every problem at its line."""
    written = yamlfile.read(where).section("tools") if settings else yamlfile.Document(where, {})
    loaded: dict[str, Tool] = {}
    problems: list[yamlfile.Problem] = []
    for name, given in settings.items():
        try:
            loaded[name] = _load(name, given, written)
        except yamlfile.FileProblems as error:
            problems += error.problems
    if problems:
        raise yamlfile.FileProblems(problems)
    return loaded


def _load(name: str, given: dict[str, Any], written: yamlfile.Document) -> Tool:
    kind = known_tools().get(name)
    if kind is None:
        known = sorted(known_tools())
        fix = yamlfile.nearest(name, known) or f"there are: {', '.join(known)}"
        raise yamlfile.FileProblems([written.problem((name,), f"unknown tool '{name}'", fix)])
    section = written.section(name)
    # The values with the environment's put in, at the places they were read from.
    cast(dict[str, Any], section.root).update(given)
    return yamlfile.validate(kind, section)
