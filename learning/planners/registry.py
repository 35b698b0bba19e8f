"""Finds the planners: every file of this package that has a function `plan`. A new file is a new planner."""

import importlib
import pkgutil
from functools import cache

from learning import planners
from learning.planners.interface import Planner


@cache
def known_planners() -> dict[str, Planner]:
    """Every planner by the name that journeys give it."""
    names = [module.name for module in pkgutil.iter_modules(planners.__path__)]
    modules = {name: importlib.import_module(f"learning.planners.{name}") for name in names}
    return {name: module.plan for name, module in modules.items() if hasattr(module, "plan")}


@cache
def planners_of_journeys() -> dict[str, Planner]:
    """The planners that a journey may name: those that need nothing but the question's options and turn.

    A file of this package says in `NEEDS` what else its planner needs. A decision of a run gathers neither
    settings nor what was learned, and without these a planner would only seem to plan.
    """
    modules = {name: importlib.import_module(f"learning.planners.{name}") for name in known_planners()}
    return {name: module.plan for name, module in modules.items() if not getattr(module, "NEEDS", ())}
