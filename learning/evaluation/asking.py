"""Asks another planner what it would have chosen at every decision of the log, and judges the answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from learning.evaluation.log import Log
from learning.evaluation.predictions import predicted
from learning.evaluation.promotion import Demands, Evidence, judge
from learning.planners.interface import Advice, Planner, Question
from learning.sampler.design import Separate
from learning.sampler.model import Model


@dataclass(frozen=True)
class Logged:
    """A decision whose reward is final."""

    id: str
    customer_id: str
    turn: int
    options: Sequence[str]
    """Those that the other planner could have chosen among."""
    features: Mapping[str, float]
    option: str
    probability: float
    reward: float
    advice: Advice | None = None
    """What a language model said of it, where one was asked."""


def judge_planner(
    logged: Sequence[Logged],
    planner: Planner,
    settings: Mapping[str, Any],
    model: Model | None = None,
    demands: Demands | None = None,
) -> Evidence:
    """What a planner would have brought in the place of the one that acted. `model` is what it has learned.

    Raises ValueError for an empty log.
    """
    if not logged:
        raise ValueError("there is no decision with a final reward")
    options = sorted({option for each in logged for option in (*each.options, each.option)})
    customers = sorted({each.customer_id for each in logged})
    target = np.zeros((len(logged), len(options)))
    for row, each in zip(target, logged, strict=True):
        question = Question(
            each.id,
            each.options,
            turn=each.turn,
            features=each.features,
            settings=settings,
            model=model,
            advice=each.advice,
        )
        for option, probability in planner(question).probabilities.items():
            row[options.index(option)] = probability
    units = {customer: place for place, customer in enumerate(customers)}
    rewards = [each.reward for each in logged]
    log = Log(
        np.array([options.index(each.option) for each in logged]),
        np.array(rewards),
        np.array([each.probability for each in logged]),
        target,
        np.array([units[each.customer_id] for each in logged]),
    )
    design = Separate(tuple(sorted({name for each in logged for name in each.features})))
    chosen, features = [each.option for each in logged], [each.features for each in logged]
    return judge(log, predicted(design, options, chosen, features, rewards), demands)
