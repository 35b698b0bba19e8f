"""Finds the policies: every `Policy` subclass in a file of this package. A new file is a new policy."""

import importlib
import pkgutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import cast

import policies
import yamlfile
from policies.autonomy import AutonomyPolicy
from policies.model import Policy
from policies.suppression import SuppressionPolicy

_BEFORE: tuple[Policy, ...] = (SuppressionPolicy(),)
_AFTER: tuple[Policy, ...] = (AutonomyPolicy(),)
"""Policies that hold whatever a project says; it may only set them. Of verdicts that are equally strict the first
is told: a limit that was passed explains more than that the journey asks."""


@cache
def known_policies() -> dict[str, type[Policy]]:
    """Every policy kind by the name it has in `policies.yaml`."""
    for module in pkgutil.iter_modules(policies.__path__):
        importlib.import_module(f"policies.{module.name}")
    return {kind.name: kind for kind in Policy.__subclasses__()}


def with_always(policies: Sequence[Policy]) -> tuple[Policy, ...]:
    """A project's policies, and those that it did not name and that hold all the same."""
    named = {policy.name for policy in policies}
    before, after = ([each for each in always if each.name not in named] for always in (_BEFORE, _AFTER))
    return (*before, *policies, *after)


def load_policies(file: Path, text: str | None = None) -> tuple[Policy, ...]:
    """Read `policies.yaml`, or a `text` that stands in its place: a mapping of policy names to their settings.

    Raises yamlfile.FileProblems with every unknown name and wrong setting at its line.
    """
    document = yamlfile.read(file, text)
    written = yamlfile.plain(document.root)
    if not isinstance(written, dict):
        raise yamlfile.FileProblems([document.problem((), "expected policy names, each with its settings")])
    names = [str(name) for name in cast(dict[object, object], written)]
    return tuple(yamlfile.load_each(names, lambda name: _load(name, document)).values())


def _load(name: str, document: yamlfile.Document) -> Policy:
    kind = known_policies().get(name)
    if kind is None:
        fix = yamlfile.instead_of(name, sorted(known_policies()))
        raise yamlfile.FileProblems([document.problem((name,), f"unknown policy '{name}'", fix)])
    return yamlfile.validate(kind, document.section(name))
