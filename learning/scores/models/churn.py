"""How likely it is that a customer is gone for good: 1 - P(alive) of the BG/NBD model."""

from collections.abc import Sequence

from learning.scores import bg_nbd
from learning.scores.interface import Example, Model, Parameters, Score, Subject, own_share


def score(subject: Subject, parameters: Parameters) -> Score | None:
    """Of who bought twice or more. The model says nothing of others: nobody leaves it before that."""
    given = bg_nbd.purchases_of(subject)
    if given is None or given.repeats == 0:
        return None
    quiet = round((given.age - given.recency) * 7)
    basis = f"{given.repeats + 1} days with orders, the last one {quiet} days ago"
    confidence = own_share(given.repeats + 1, parameters["a"] + parameters["b"])
    return Score(1.0 - bg_nbd.alive(given, parameters), confidence, basis)


def fit(examples: Sequence[Example]) -> Parameters | None:
    return bg_nbd.fit([given for each in examples if (given := bg_nbd.purchases_of(each.subject))])


MODEL = Model("The probability that the customer is gone for good.", bg_nbd.CDNOW, score, fit)
