"""Finds the scores: every file of `learning/scores/models/` that has a `MODEL`. A new file is a new score."""

import importlib
import pkgutil
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from learning.scores import models
from learning.scores.interface import Model, Parameters, Score, Scores, Subject

_UNFITTED = 0.5
"""What is left of the confidence while a score's parameters are assumed and not fitted."""


@cache
def known_scores() -> dict[str, Model]:
    """Every score by the name that conditions give it: `customer.scores.<name>`."""
    names = [module.name for module in pkgutil.iter_modules(models.__path__)]
    modules = {name: importlib.import_module(f"learning.scores.models.{name}") for name in names}
    return {name: module.MODEL for name, module in modules.items() if hasattr(module, "MODEL")}


def work_out(
    subject: Subject, fitted: Mapping[str, Parameters], names: Collection[str] = ()
) -> dict[str, Score | dict[str, Score]]:
    """The scores of a customer, by name; those of which nothing can be said are left out. `fitted` has the
    parameters of the scores that were fitted. No names, or `confidence` among them, are
    all."""
    found: dict[str, Score | dict[str, Score]] = {}
    for name, model in known_scores().items():
        if names and name not in names and "confidence" not in names:
            continue
        parameters = fitted.get(name)
        scores = model.score(subject, parameters or model.prior)
        if parameters is None:
            scores = _less_sure(scores)
        if scores:
            found[name] = scores
    return found


def seen(scores: Mapping[str, Score | dict[str, Score]]) -> dict[str, Any]:
    """Scores as conditions see them: each value by its name, and the confidences under `confidence`."""
    values = {name: _each(score, "value") for name, score in scores.items()}
    return {**values, "confidence": {name: _each(score, "confidence") for name, score in scores.items()}}


def _each(score: Score | dict[str, Score], part: str) -> Any:
    if isinstance(score, Score):
        return getattr(score, part)
    return {channel: getattr(one, part) for channel, one in score.items()}


def _less_sure(scores: Scores) -> Scores:
    if isinstance(scores, Score):
        return replace(scores, confidence=scores.confidence * _UNFITTED)
    return scores and {name: replace(one, confidence=one.confidence * _UNFITTED) for name, one in scores.items()}
