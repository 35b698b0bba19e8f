"""The scores of a customer for people to read: each with how sure it is and what it was worked out from."""

from datetime import datetime

from pydantic import BaseModel

from learning.features.document import Features
from learning.features.sight import scores_of
from learning.scores.interface import Score
from store.customers import scope_of
from store.tables import Customer


class ScoreView(BaseModel):
    """A score at a moment."""

    score: str
    """Its name; `best_hour.email` for one that there is for each channel."""
    value: float
    confidence: float
    """From 0 to 1: how much of it is the customer's own data."""
    basis: str
    """What it was worked out from, in words."""


def read_scores(customer: Customer, features: Features, now: datetime) -> list[ScoreView]:
    """Every score of which something can be said; `now` is UTC."""
    rows: list[ScoreView] = []
    for name, found in scores_of(scope_of(customer), features, now).items():
        each = {name: found} if isinstance(found, Score) else {f"{name}.{by}": one for by, one in found.items()}
        rows += [
            ScoreView(score=path, value=one.value, confidence=one.confidence, basis=one.basis)
            for path, one in each.items()
        ]
    return rows
