"""Finds the planners: every file of this package that has a function `plan`. A new file is a new planner."""

import importlib
import pkgutil
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from learning import planners
from learning.planners.interface import Inquiry, Learner, Planner, Question


class NoSettings(BaseModel):
    """Of a planner that has none."""

    model_config = ConfigDict(extra="forbid")


@cache
def known_planners() -> dict[str, Planner]:
    """Every planner by the name that journeys give it."""
    return {name: module.plan for name, module in _modules().items()}


@cache
def planner_settings() -> dict[str, type[BaseModel]]:
    """The settings of every planner, by its name: the class `Settings` of its file."""
    return {name: getattr(module, "Settings", NoSettings) for name, module in _modules().items()}


def learner_of(planner: str, settings: Mapping[str, Any], features: Collection[str]) -> Learner | None:
    """How a decision by this planner learns; None when the planner does not, or does not exist.

    Raises pydantic.ValidationError for settings that are none of it.
    """
    module = _modules().get(planner)
    make: Callable[[Mapping[str, Any], Collection[str]], Learner] | None = getattr(module, "learner", None)
    return make(settings, features) if make else None


def asks(planner: str) -> bool:
    """Whether a planner has something asked of a language model before it plans."""
    return hasattr(_modules().get(planner), "inquiry")


def inquiry_of(planner: str, question: Question) -> Inquiry:
    """What is to be asked before a planner that asks can answer a question.

    Raises pydantic.ValidationError for settings that are none of it.
    """
    make: Callable[[Question], Inquiry] = _modules()[planner].inquiry
    return make(question)


@cache
def _modules() -> dict[str, Any]:
    names = [module.name for module in pkgutil.iter_modules(planners.__path__)]
    modules = {name: importlib.import_module(f"learning.planners.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "plan")}
