"""Finds the rules: every file of this package with a function `check`. A new file is a new rule."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import cast

import content.checks
from content.checks.subject import Subject
from yamlfile import Problem, instead_of

Check = Callable[[Subject], Iterator[Problem]]


@dataclass(frozen=True)
class Finding:
    """A problem, and the rule that found it."""

    rule: str
    problem: Problem

    def __str__(self) -> str:
        return f"{self.problem} [{self.rule}]"


@cache
def known_checks() -> dict[str, Check]:
    """Every rule by its name: that of its file, with hyphens."""
    names = sorted(module.name for module in pkgutil.iter_modules(content.checks.__path__))
    modules = {name: importlib.import_module(f"content.checks.{name}") for name in names}
    return {
        name.replace("_", "-"): cast(Check, module.check)
        for name, module in modules.items()
        if hasattr(module, "check")
    }


def check_content(subject: Subject) -> list[Finding]:
    """Everything that its rules find in a content, in the order of files and lines, but for what it accepts."""
    accepted = subject.variant.front.accept
    found = [
        Finding(rule, problem)
        for rule, check in known_checks().items()
        if rule not in accepted
        for problem in check(subject)
    ]
    found += [Finding("accept", _unknown(subject, rule)) for rule in sorted(accepted - known_checks().keys())]
    return sorted(dict.fromkeys(found), key=lambda f: (str(f.problem.file), f.problem.line, f.problem.column))


def _unknown(subject: Subject, rule: str) -> Problem:
    known = list(known_checks())
    return subject.tell(f"there is no rule '{rule}'", instead_of(rule, known))
