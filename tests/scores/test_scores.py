"""Each score: what moves it, how sure it is, and when it says nothing."""

import random
from collections.abc import Sequence

import pytest

from learning.features.document import fold_all
from learning.features.observed import DAY, Observed
from learning.scores.interface import Example, Score, Subject
from learning.scores.models import best_hour, churn, discount_affinity, purchase, value
from learning.scores.registry import known_scores, seen, work_out
from tests.scores.conftest import WEEKS_39, at, bought

NOW = at(WEEKS_39)
REGULAR = Subject(bought(6, 180, 5), NOW)
SILENT = Subject(bought(6, 270, 150), NOW)


def of(model: object, subject: Subject) -> Score:
    found = model.score(subject, model.MODEL.prior)  # pyright: ignore
    assert isinstance(found, Score)
    return found


def acts(*names: str) -> Subject:
    return Subject(fold_all({}, [Observed(name, NOW - DAY, {"product_id": "p"}) for name in names]), NOW)


def test_a_regular_customer_who_falls_silent_is_likely_gone() -> None:
    assert of(churn, SILENT).value > 0.8 > 0.2 > of(churn, REGULAR).value


def test_of_who_bought_once_nothing_is_said_about_churn() -> None:
    assert churn.score(Subject(bought(1, 200, 200), NOW), churn.MODEL.prior) is None


def test_value_grows_with_what_is_spent_and_falls_with_silence() -> None:
    dear = Subject(bought(6, 180, 5, total=200), NOW)
    assert of(value, dear).value > 3 * of(value, REGULAR).value > 3 * of(value, SILENT).value > 0


def test_a_cart_speaks_for_a_purchase_and_a_look_a_little() -> None:
    chances = [of(purchase, acts(done)).value for done in ("Email Opened", "Product Viewed", "Product Added")]
    assert chances == sorted(chances)
    assert chances[0] < 0.1 < chances[2]


def test_discounts_are_a_share_between_the_customers_own_and_everyones() -> None:
    score = of(discount_affinity, Subject(bought(4, 100, 10, coupons=3), NOW))
    assert score.value == (3 + 1) / (4 + 1 + 3)
    assert score.basis == "3 of 4 orders with a discount"


def test_the_best_hour_is_that_of_the_customers_responses_once_there_are_enough() -> None:
    def hours(*responses: int) -> float:
        return best_hour.score(Subject({}, NOW, {"email": responses}), best_hour.MODEL.prior)["email"].value

    assert hours(3) == 19
    assert hours(*[3] * 20) == 3
    assert hours(*[23, 0, 1] * 10) == 0


@pytest.mark.parametrize("model", [churn, value, discount_affinity])
def test_more_orders_make_a_score_more_certain(model: object) -> None:
    few, many = (of(model, Subject(bought(times, 180, 10), NOW)).confidence for times in (2, 12))
    assert 0 < few < many < 1


def test_a_score_that_was_not_fitted_is_half_as_sure() -> None:
    prior = churn.MODEL.prior
    assumed, fitted = (work_out(REGULAR, given)["churn"] for given in ({}, {"churn": prior}))
    assert isinstance(assumed, Score)
    assert isinstance(fitted, Score)
    assert assumed.confidence == fitted.confidence / 2


def test_conditions_see_values_and_beside_them_confidences() -> None:
    scores = seen(work_out(REGULAR, {}, ["churn", "discount_affinity"]))
    assert scores.keys() == {"churn", "discount_affinity", "confidence"}
    assert scores["confidence"].keys() == {"churn", "discount_affinity"}


def test_nothing_is_said_of_a_customer_without_events() -> None:
    assert work_out(Subject({}, NOW), {}) == {}


@pytest.mark.parametrize("name", known_scores())
def test_every_score_is_described_and_fits_nothing_to_nobody(name: str) -> None:
    model = known_scores()[name]
    assert model.description.endswith(".")
    assert model.fit([]) is None


def test_the_fit_of_discounts_finds_how_customers_differ() -> None:
    chance = random.Random(7)

    def drawn() -> Example:
        share = chance.betavariate(2, 6)
        times = chance.randint(2, 20)
        return told(times, sum(chance.random() < share for _ in range(times)))

    fitted = discount_affinity.fit([drawn() for _ in range(3000)])
    assert fitted == pytest.approx({"a": 2, "b": 6}, rel=0.15)


def told(times: int, coupons: int) -> Example:
    orders = {"n": times, "discounted": coupons}
    return Example(Subject({"orders": orders}, NOW), None, bought=False)


def test_the_fit_of_hours_learns_when_everyone_responds() -> None:
    def responding(hours: Sequence[int]) -> Example:
        return Example(Subject({}, NOW, {"email": hours}), None, bought=False)

    fitted = best_hour.fit([responding([6, 6, 7])] * 50)
    assert fitted is not None
    assert best_hour.score(Subject({}, NOW, {"push": [15]}), fitted)["push"].value == 6
