"""What a customer will spend in the next 365 days: BG/NBD's number of purchases times Gamma-Gamma's amount."""

from collections.abc import Sequence

from learning.scores import bg_nbd, gamma_gamma
from learning.scores.interface import Example, Model, Parameters, Score, Subject, own_share

_WEEKS = 365 / 7


def score(subject: Subject, parameters: Parameters) -> Score | None:
    """Of who bought, in the money that orders come in."""
    given, spent = bg_nbd.purchases_of(subject), gamma_gamma.spending_of(subject)
    if given is None or spent is None:
        return None
    purchases = bg_nbd.expected(given, parameters, _WEEKS)
    amount = gamma_gamma.expected_mean(spent, parameters)
    own = own_share(given.repeats + 1, parameters["a"] + parameters["b"])
    basis = f"{purchases:.1f} purchases of {amount:.2f} to be expected, after {given.repeats + 1}"
    return Score(purchases * amount, min(own, gamma_gamma.own_weight(spent, parameters)), basis)


def fit(examples: Sequence[Example]) -> Parameters | None:
    times = bg_nbd.fit([given for each in examples if (given := bg_nbd.purchases_of(each.subject))])
    amounts = gamma_gamma.fit([spent for each in examples if (spent := gamma_gamma.spending_of(each.subject))])
    return {**times, **amounts} if times and amounts else None


MODEL = Model(
    "What the customer will spend in the next 365 days.", {**bg_nbd.CDNOW, **gamma_gamma.CDNOW}, score, fit
)
