"""What a score is, what it is worked out from, and what it is fitted to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from learning.features.document import Features

Parameters = Mapping[str, float]
"""The numbers of a formula, by name: those before any fit, or those of the last one."""


@dataclass(frozen=True, slots=True)
class Score:
    """A prediction. `confidence` is from 0 to 1: how much of the value is the customer's own data, rather than
    what is true of customers at large. `basis` says in words what it was worked out from."""

    value: float
    confidence: float
    basis: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A customer at a moment: their features, and by channel the hours, on their own clock, at which they opened
    or clicked something. `now` is in seconds since 1970."""

    features: Features
    now: int
    responses: Mapping[str, Sequence[int]] = field(default_factory=dict[str, Sequence[int]])


@dataclass(frozen=True, slots=True)
class Example:
    """One customer to fit to: as they are, and as they were before the last `HORIZON_DAYS`, and whether they
    bought in those. `before` is None for one who was not there yet."""

    subject: Subject
    before: Subject | None
    bought: bool


HORIZON_DAYS = 28
"""How far ahead the likelihood of a purchase looks."""

Scores = Score | dict[str, Score] | None
"""One score, one for each channel, or None where nothing can be said."""


@dataclass(frozen=True)
class Model:
    """A kind of score. `prior` are its parameters before any fit, `least` the customers that a fit needs.

    `score` is pure and quick: it is called in decisions. `fit` may take seconds; it gives None when the examples
    do not suffice after all.
    """

    description: str
    prior: Parameters
    score: Callable[[Subject, Parameters], Scores]
    fit: Callable[[Sequence[Example]], Parameters | None]
    least: int = 200


def own_share(observed: float, prior_strength: float) -> float:
    """The share of a customer's own observations beside as many imagined ones as the prior is worth."""
    return observed / (observed + prior_strength) if observed > 0 else 0.0


def orders_of(subject: Subject) -> Mapping[str, Any] | None:
    """The customer's orders as features keep them; None for who has none."""
    orders = subject.features.get("orders", {})
    return orders if orders.get("n") else None
