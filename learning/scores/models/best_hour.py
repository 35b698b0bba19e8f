"""The hour of the customer's own day at which a message over a channel is most likely opened or clicked.

The hours of what they opened and clicked, each spread to its neighbours, beside those of all customers, which
count like `weight` of their own.
"""

import math
from collections.abc import Sequence

from learning.scores.interface import Example, Model, Parameters, Score, Subject, own_share

_HOURS = range(24)
_SPREAD = {-1: 0.25, 0: 0.5, 1: 0.25}


def _evening_and_morning() -> dict[str, float]:
    """Before any fit: a hill about ten in the morning, a higher one about seven in the evening, a quiet night."""
    hills = [
        0.2 + math.exp(-((hour - 10) ** 2) / 8.0) + 1.5 * math.exp(-((hour - 19) ** 2) / 8.0) for hour in _HOURS
    ]
    return {f"h{hour}": hill / sum(hills) for hour, hill in zip(_HOURS, hills, strict=True)}


PRIOR: Parameters = {"weight": 10.0, **_evening_and_morning()}


def score(subject: Subject, parameters: Parameters) -> dict[str, Score]:
    """By channel, for those over which the customer opened or clicked anything."""
    return {channel: _one(hours, parameters) for channel, hours in sorted(subject.responses.items()) if hours}


def fit(examples: Sequence[Example]) -> Parameters | None:
    """How all customers' responses spread over the day; None where there are too few to tell."""
    hours = [hour for each in examples for channel in each.subject.responses.values() for hour in channel]
    if len(hours) < 100:
        return None
    spread = _spread(hours)
    even = 24.0
    return {
        "weight": PRIOR["weight"],
        **{f"h{hour}": (spread[hour] + 1.0) / (len(hours) + even) for hour in _HOURS},
    }


def _one(hours: Sequence[int], parameters: Parameters) -> Score:
    own = _spread(hours)
    weights = [own[hour] + parameters["weight"] * parameters[f"h{hour}"] for hour in _HOURS]
    best = max(_HOURS, key=lambda hour: weights[hour])
    return Score(best, own_share(len(hours), parameters["weight"]), f"{len(hours)} messages opened or clicked")


def _spread(hours: Sequence[int]) -> list[float]:
    """How much falls on each hour of the day when every response counts for the hours beside it as well."""
    found = [0.0] * 24
    for hour in hours:
        for beside, share in _SPREAD.items():
            found[(hour + beside) % 24] += share
    return found


MODEL = Model("The hour of the day at which messages over a channel are best sent.", PRIOR, score, fit)
