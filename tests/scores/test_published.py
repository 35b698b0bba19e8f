"""Our folds and fits give the numbers that were published for CDNOW, and tell who bought in the weeks after."""

from datetime import date, timedelta

import pytest

from learning.scores import bg_nbd, gamma_gamma
from learning.scores.interface import HORIZON_DAYS, Example
from learning.scores.models import purchase, value
from tests.scores.conftest import WEEKS_39, at, known_until, orders


def test_bg_nbd_has_the_parameters_of_the_paper() -> None:
    fitted = bg_nbd.fit([p for each in known_until(WEEKS_39) if (p := bg_nbd.purchases_of(each))])
    assert fitted == pytest.approx({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}, abs=0.0015)


def test_gamma_gamma_has_the_parameters_of_the_note() -> None:
    fitted = gamma_gamma.fit([s for each in known_until(WEEKS_39) if (s := gamma_gamma.spending_of(each))])
    assert fitted == pytest.approx({"p": 6.25, "q": 3.74, "v": 15.45}, rel=0.01)


def test_the_papers_customer_has_the_papers_expectation() -> None:
    """Fader, Hardie and Lee: after 2 repeats, the last 30.43 of 38.86 weeks ago, 1.226 purchases in 39 weeks."""
    given = bg_nbd.Purchases(2, 30.43, 38.86)
    assert bg_nbd.expected(given, bg_nbd.CDNOW, 39.0) == pytest.approx(1.226, abs=0.001)


def test_who_bought_for_years_and_then_stopped_is_gone() -> None:
    """What their silence makes unlikely is beyond what a float holds."""
    given = bg_nbd.Purchases(700, 100.0, 700.0)
    assert bg_nbd.alive(given, bg_nbd.CDNOW) == pytest.approx(0.0)
    assert bg_nbd.expected(given, bg_nbd.CDNOW, 52.0) == pytest.approx(0.0)


def test_all_customers_together_buy_about_as_often_as_expected() -> None:
    """The paper too finds that they bought a little more often than the model foresaw."""
    expected = sum(
        bg_nbd.expected(given, bg_nbd.CDNOW, 39.0)
        for each in known_until(WEEKS_39)
        if (given := bg_nbd.purchases_of(each))
    )
    days = {(customer, e.at) for customer, own in orders().items() for e in own if e.at > at(WEEKS_39)}
    assert expected == pytest.approx(len(days), rel=0.15)


def test_who_is_expected_to_buy_for_more_does_so() -> None:
    """The tenth with the highest predicted value spends most of what is spent in the 39 weeks after."""
    spent = {c: sum(e.properties["total"] for e in own if e.at > at(WEEKS_39)) for c, own in orders().items()}
    predicted = {
        customer: score.value
        for customer, each in zip(orders(), known_until(WEEKS_39), strict=True)
        if (score := value.score(each, value.MODEL.prior))
    }
    best = sorted(predicted, key=lambda customer: -predicted[customer])[: len(predicted) // 10]
    assert sum(spent[customer] for customer in best) > 0.4 * sum(spent.values())


def test_the_fitted_likelihood_of_a_purchase_ranks_the_customers_of_a_later_month() -> None:
    fitted = purchase.fit(examples(WEEKS_39))
    assert fitted is not None
    later = examples(WEEKS_39 + timedelta(days=2 * HORIZON_DAYS))
    chances = [
        (score.value, each.bought)
        for each in later
        if each.before and (score := purchase.score(each.before, fitted))
    ]
    assert area_under_curve(chances) > 0.75
    said, true = sum(chance for chance, _ in chances), sum(bought for _, bought in chances)
    assert said == pytest.approx(true, rel=0.5)


def examples(end: date) -> list[Example]:
    cutoff = end - timedelta(days=HORIZON_DAYS)
    return [
        Example(now, before, any(at(cutoff) < event.at <= at(end) for event in own))
        for now, before, own in zip(known_until(end), known_until(cutoff), orders().values(), strict=True)
    ]


def area_under_curve(chances: list[tuple[float, bool]]) -> float:
    """The probability that one who bought was given a higher chance than one who did not."""
    yes, no = ([chance for chance, bought in chances if bought is wanted] for wanted in (True, False))
    return sum((a > b) + 0.5 * (a == b) for a in yes for b in no) / (len(yes) * len(no))
