"""The sampler's odds: exact, none for what is forbidden, and the ones that it acts by."""

from collections import Counter
from math import erf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.planners import sampler
from learning.planners.interface import Question
from learning.sampler.decay import LANDMARK
from learning.sampler.design import Factorised, Separate
from learning.sampler.model import Habits, Model, lesson, seen
from learning.sampler.posterior import Prior
from learning.sampler.propensity import probabilities_of_best
from learning.sampler.responses import Responses, fit_responses
from learning.sampler.table import Table

scores = st.lists(st.tuples(st.floats(-5, 5), st.floats(0.05, 5)), min_size=2, max_size=12)


@given(scores)
def test_the_odds_of_being_best_add_up_to_one(given_scores):
    means, deviations = np.array(given_scores).T
    odds = probabilities_of_best(means, deviations)
    assert odds.sum() == pytest.approx(1, abs=1e-12)
    assert (odds >= 0).all()


@given(st.floats(-3, 3), st.floats(0.01, 2), st.floats(-3, 3), st.floats(0.01, 2))
def test_of_two_the_odds_are_those_of_the_closed_form(m1, s1, m2, s2):
    """P(X > Y) = Φ((m1 - m2) / √(s1² + s2²)) for independent normals."""
    odds = probabilities_of_best(np.array([m1, m2]), np.array([s1, s2]))
    expected = (1 + erf((m1 - m2) / sqrt(s1**2 + s2**2) / sqrt(2))) / 2
    assert odds[0] == pytest.approx(expected, abs=1e-7)


def test_of_three_alike_each_is_as_likely():
    assert probabilities_of_best(np.ones(3), np.ones(3)) == pytest.approx(np.full(3, 1 / 3))


def test_the_odds_are_those_of_many_draws():
    means, deviations = np.array([0.0, 0.3, -0.5, 0.2]), np.array([1.0, 0.1, 2.0, 0.4])
    draws = np.random.default_rng(7).normal(means, deviations, (200_000, 4)).argmax(axis=1)
    frequencies = np.bincount(draws, minlength=4) / 200_000
    assert probabilities_of_best(means, deviations) == pytest.approx(frequencies, abs=0.005)


WAIT = "wait"
OPTIONS = ("mail", "push", WAIT, "nothing")
DESIGN = Separate(("age", "orders"))


def learned(design: Separate | Factorised = DESIGN, **rewards: float) -> Model:
    """A model that saw each option fifty times, with this reward."""
    model = Model(design, Habits(prior=Prior(noise=0.3)))
    for option, reward in rewards.items():
        for number in range(50):
            model = model.taught(*lesson(design, option, {"age": number / 50}, None, reward))
    return model


@given(
    st.sets(st.sampled_from(OPTIONS), min_size=1).map(sorted),
    st.fixed_dictionaries({"age": st.floats(-3, 3), "orders": st.floats(-3, 3)}),
)
def test_only_what_is_open_has_odds_and_all_of_that(open_, features):
    model = learned(mail=0.2, push=0.25, wait=0.0)
    plan = sampler.plan(Question("d", open_, features=features, model=model))
    assert list(plan.probabilities) == open_
    assert sum(plan.probabilities.values()) == pytest.approx(1, abs=1e-9)
    assert min(plan.probabilities.values()) >= 0.02 / len(open_) - 1e-12


def test_the_logged_propensity_is_how_often_it_is_chosen():
    model, features = learned(mail=0.2, push=0.22, wait=0.15), {"age": 0.4}
    plans = [sampler.plan(Question(f"d_{n}", OPTIONS, features=features, model=model)) for n in range(2000)]
    chosen = Counter(plan.option for plan in plans)
    for option, probability in plans[0].probabilities.items():
        assert chosen[option] / 2000 == pytest.approx(probability, abs=4 * sqrt(probability / 2000))


def test_a_choice_is_recomputed_from_the_stored_state():
    model = learned(mail=0.2, push=0.3)
    again = seen(model.packed(), LANDMARK, DESIGN, model.habits)
    question = Question("d_17", OPTIONS, features={"age": 0.1}, model=model)
    assert again.version == model.version
    assert sampler.plan(Question("d_17", OPTIONS, features={"age": 0.1}, model=again)) == sampler.plan(question)


def test_what_pays_better_is_likelier():
    odds = dict(zip(OPTIONS, learned(mail=0.1, push=0.6, wait=0.0).probabilities(OPTIONS, {}), strict=True))
    assert odds["push"] == max(odds.values())
    assert odds["push"] > 0.5


def test_a_new_option_starts_from_what_holds_for_all():
    means, deviations = learned(mail=0.4, push=0.4).scores(("mail", "new"), {"age": 0.5})
    assert means[1] == pytest.approx(0.4, abs=0.05)
    assert deviations[1] > deviations[0]


def test_what_is_known_of_a_factor_holds_for_an_option_that_was_never_tried():
    factors = {
        f"{channel} at {hour}": {"channel": channel, "hour": hour} for channel in ("mail", "push") for hour in "89"
    }
    design = Factorised(("age",), {**factors, WAIT: {}})
    model = learned(design, **{"mail at 8": 0.9, "mail at 9": 0.5, "push at 8": 0.5, WAIT: 0.4})
    means, _ = model.scores((*factors, WAIT), {"age": 0.5})
    assert dict(zip((*factors, WAIT), means, strict=True))["push at 9"] < means.min() + 0.05
    assert sum(model.probabilities((*factors, WAIT), {})) == pytest.approx(1)


@pytest.mark.parametrize("habits", [{"floor": 0.0}, {"floor": 1.5}, {"forgets": 0.5}, {"forgets": -0.1}])
def test_habits_out_of_range_are_refused(habits):
    with pytest.raises(ValueError, match=r"a sampler forgets|the floor"):
        Habits(**habits)


def test_a_plan_tells_what_is_expected_of_every_open_option():
    """Fifty rewards and a prior that is worth one observation: nearly the rewards themselves."""
    plan = sampler.plan(Question("d", ("mail", "push"), model=learned(mail=0.1, push=0.6, wait=0.0)))
    assert plan.expected == pytest.approx({"mail": 0.1, "push": 0.6}, abs=0.05)
    assert sampler.plan(Question("d", ("mail", "push"))).expected == {}


def test_a_curve_tells_of_the_option_itself_and_of_the_best_that_is_open():
    """A logit of 0 is one in two, of ln 3 three in four; an option without a curve is never answered."""
    curved = Separate(("age",), Responses({"mail": (0.0, 0.0), "push": (0.0, np.log(3))}))
    rows = curved.rows(("mail", "push", WAIT), {"age": 1.0})
    assert rows == pytest.approx(np.array([[1, 1, 0.5, 0.75], [1, 1, 0.75, 0.75], [1, 1, 0, 0.75]]))
    assert curved.row("mail", {"age": 1.0}, ("mail", WAIT)) == pytest.approx([1, 1, 0.5, 0.5])


def test_a_curve_is_drawn_only_where_there_are_answers_enough():
    """Two coefficients want twenty answers. One in four at an age of 0, three in four at 1: ln 3 either side."""
    ages, answers = np.repeat([0.0, 1.0], 400), np.tile([0.0, 1.0, 0.0, 0.0], 200)
    answers[400:] = 1 - answers[400:]
    known = np.column_stack((np.ones(800), ages))
    found = fit_responses(["mail"] * 800, known, answers, np.ones(800))
    assert found.weights["mail"] == pytest.approx((-np.log(3), 2 * np.log(3)), abs=0.1)
    curve = np.array(found.weights["mail"])
    # The likeliest under a standard normal about 0: there the slope of its logarithm is nothing.
    assert known.T @ (answers - found.along("mail", known)) == pytest.approx(curve, abs=1e-3)
    few = slice(0, 60)
    assert not fit_responses(["mail"] * 60, known[few], answers[few], np.ones(60))


MADE_OF = {"mail": {"by": "post"}, "push": {"by": "phone"}, WAIT: {}}


@pytest.mark.parametrize(
    "design",
    [
        Separate(("age", "orders"), Responses({"mail": (0.1, 0.4, -0.2), "push": (-0.3, 0.0, 0.5)})),
        Factorised(("age", "orders"), MADE_OF, ("age",), Responses({"": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, -0.7)})),
        DESIGN,
    ],
)
def test_a_table_has_the_vectors_that_the_design_gives_one_by_one(design: Separate | Factorised):
    features = [{"age": 1.0}, {"orders": -2.0}, {"age": 0.5, "orders": 3.0}]
    options = [("mail", WAIT), ("mail", "push", WAIT), (WAIT, "push")]
    table = Table.of(design, features, options)
    for option, places in table.open.items():
        ones = [design.row(option, features[place], options[place]) for place in places]
        assert table.vectors(option, places) == pytest.approx(np.array(ones))
