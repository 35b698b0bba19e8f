"""Finds the tools: every `Tool` subclass in a file of this package, with its settings from `sojourn.yaml`."""

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from typing import Any

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
    return yamlfile.load_each(settings, lambda name: _load(name, settings[name], written))


def _load(name: str, given: dict[str, Any], written: yamlfile.Document) -> Tool:
    kind = known_tools().get(name)
    if kind is None:
        fix = yamlfile.instead_of(name, sorted(known_tools()))
        raise yamlfile.FileProblems([written.problem((name,), f"unknown tool '{name}'", fix)])
    return yamlfile.validate(kind, written.filled(name, given))
