"""Checks what `surfaces.yaml` says about planners, which the content library knows nothing of."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from pydantic import JsonValue

import yamlfile
from content.surfaces import FILE, Slot, Surface
from journeys.steps.planned import chosen_in
from learning.planners.registry import asks, known_planners, planner_settings
from yamlfile import Document, FileProblems, Problem, instead_of, nearest


def check_planners(project: Path, surfaces: Mapping[str, Surface]) -> None:
    """Check the planners of the surfaces that were read from a project folder.

    Raises yamlfile.FileProblems with every problem at its line.
    """
    if not any(surface.is_chosen for surface in surfaces.values()):
        return
    document, problems = yamlfile.read(project / FILE), list[Problem]()
    for name, surface in surfaces.items():
        for slot, each in surface.slots.items():
            problems += _problems(document, ("surfaces", name, "slots", slot), each)
    if problems:
        raise FileProblems(problems)


def _problems(document: Document, path: tuple[str, ...], slot: Slot) -> Iterator[Problem]:
    if slot.planner not in known_planners():
        fix = instead_of(slot.planner, known_planners())
        yield document.problem((*path, "planner"), f"there is no planner '{slot.planner}'", fix)
        return
    if asks(slot.planner):
        message = f"the planner '{slot.planner}' asks a language model, and nobody waits for one at a page"
        yield document.problem((*path, "planner"), message, "let 'sampler' choose")
        return
    try:
        yamlfile.validate(planner_settings()[slot.planner], document.section(*path, "settings"))
    except FileProblems as error:
        yield from error.problems
    variants = [choice.content for choice in slot.variants]
    named = [(("settings", *place), content) for place, content in chosen_in(cast(JsonValue, slot.settings))]
    named += [(("rewards", "costs", content), content) for content in (slot.rewards.costs if slot.rewards else ())]
    for place, content in named:
        if content not in variants:
            message = f"the slot has no variant '{content}'"
            yield document.problem((*path, *place), message, nearest(content, variants))
