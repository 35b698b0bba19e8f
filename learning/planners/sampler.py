"""The planner `sampler`: as likely as an option is the best one, by what was learned. The default learner."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from learning.planners.interface import Learner, Plan, Question, drawn
from learning.sampler.design import Factorised, Separate
from learning.sampler.model import Habits
from learning.sampler.posterior import Prior


class Settings(BaseModel):
    """The settings of this planner."""

    model_config = ConfigDict(extra="forbid")

    floor: float = Field(default=0.02, gt=0, le=1)
    """The share of choices that is spread evenly over the open options."""
    forgets: float = Field(default=0.01, ge=0, le=0.02)
    """The share of what it knows that it forgets a day."""
    strength: float = Field(default=1.0, gt=0)
    """How many decisions its doubt is worth before anything was seen."""
    noise: float = Field(default=1.0, gt=0)
    """How far a reward usually is from its mean, before any was seen."""
    factors: dict[str, dict[str, str]] = {}
    """What options are made of, by option: `{mail_at_8: {channel: mail, hour: "8"}}`. What is learned of a level
    then holds for every option that has it."""
    interacting: list[str] = []
    """With factors: those of the features that may matter otherwise for each level."""


def plan(question: Question) -> Plan:
    """Draw an option with the probability that it is the best, never less than the floor of exploration.

    Where nothing was learned yet, every option is as likely as another.
    """
    if question.model is None:
        count = len(question.options)
        return drawn(question, [1 / count] * count, "nothing is known yet: each as likely as another")
    means, deviations = question.model.scores(question.options, question.features)
    probabilities = question.model.odds(means, deviations)
    best = max(zip(probabilities, question.options, strict=True))
    why = f"'{best[1]}' is the likeliest to be best, at {best[0]:.0%}; drawn by these odds"
    plan = drawn(question, probabilities, why, question.model.version)
    return replace(plan, expected=dict(zip(question.options, means.tolist(), strict=True)))


def learner(settings: Mapping[str, Any], features: Collection[str]) -> Learner:
    """How a decision with these settings and features learns. Raises pydantic.ValidationError for settings that
    are none."""
    given, names = Settings.model_validate(settings), tuple(sorted(features))
    interacting = tuple(name for name in given.interacting if name in features)
    design = Factorised(names, given.factors, interacting) if given.factors else Separate(names)
    prior = Prior(strength=given.strength, noise=given.noise)
    return Learner(design, Habits(prior=prior, floor=given.floor, forgets=given.forgets))
