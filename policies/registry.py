"""Finds the policies: every `Policy` subclass in a file of this package. A new file is a new policy."""

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from typing import cast

import policies
import yamlfile
from policies.model import Policy


@cache
def known_policies() -> dict[str, type[Policy]]:
    """Every policy kind by the name it has in `policies.yaml`."""
    for module in pkgutil.iter_modules(policies.__path__):
        importlib.import_module(f"policies.{module.name}")
    return {kind.name: kind for kind in Policy.__subclasses__()}


def load_policies(file: Path) -> tuple[Policy, ...]:
    """Read `policies.yaml`: a mapping of policy names to their settings.

    Raises yamlfile.FileProblems with every unknown name and wrong setting at its line.
    """
    document = yamlfile.read(file)
    written = yamlfile.plain(document.root)
    if not isinstance(written, dict):
        raise yamlfile.FileProblems([document.problem((), "expected policy names, each with its settings")])
    names = [str(name) for name in cast(dict[object, object], written)]
    loaded: list[Policy] = []
    problems: list[yamlfile.Problem] = []
    for name in names:
        kind = known_policies().get(name)
        if kind is None:
            known = sorted(known_policies())
            fix = yamlfile.nearest(name, known) or f"there are: {', '.join(known)}"
            problems.append(document.problem((name,), f"unknown policy '{name}'", fix))
            continue
        try:
            loaded.append(yamlfile.validate(kind, document.section(name)))
        except yamlfile.FileProblems as error:
            problems += error.problems
    if problems:
        raise yamlfile.FileProblems(problems)
    return tuple(loaded)
