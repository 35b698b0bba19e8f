"""The nightly refit finds what pays later, not only at once."""

import numpy as np
import pytest

from learning.sampler.design import Factorised, Separate
from learning.sampler.model import Habits, Model, lesson
from learning.sampler.posterior import Prior, believe
from learning.values import Turn, refit

DESIGN = Separate(("turn", "warm"))
HABITS = Habits(prior=Prior(noise=0.2))
OPTIONS = ("nudge", "wait")
FIRST = {"turn": 0.0, "warm": 0.0}


def trajectories(count: int = 400) -> list[list[Turn]]:
    """To wait brings nothing at once and 1 at the next nudge; a nudge at once brings 0.3 and spoils the next."""
    draw = np.random.default_rng(1)
    made: list[list[Turn]] = []
    for _ in range(count):
        first, second = draw.integers(0, 2, 2)
        rewards = ((0.3, 0.0)[first], (0.0 if first == 0 else 1.0, 0.0)[second])
        made.append(
            [
                Turn(0, OPTIONS[first], {"turn": 0.0, "warm": 0.0}, rewards[0], OPTIONS),
                Turn(1, OPTIONS[second], {"turn": 1.0, "warm": float(first)}, rewards[1], OPTIONS),
            ]
        )
    return made


@pytest.mark.parametrize(("trace", "waiting"), [(0.0, 1.0), (0.8, 0.6)])
def test_it_waits_where_waiting_pays_later(trace: float, waiting: float):
    """By the best of the next turn alone, to wait is worth 1; what came of it where turns were random is half of
    that, and counts for its share."""
    model = refit(trajectories(), DESIGN, HABITS, trace=trace)
    means, _ = model.scores(OPTIONS, FIRST)
    assert means == pytest.approx([0.3, waiting], abs=0.1)
    assert model.probabilities(OPTIONS, FIRST)[1] > 0.9
    assert model.probabilities(OPTIONS, {"turn": 1.0, "warm": 1.0})[0] > 0.9


def test_a_discount_makes_it_hasty():
    model = refit(trajectories(), DESIGN, HABITS, discount=0.1)
    assert model.probabilities(OPTIONS, FIRST)[0] > 0.9


def test_what_was_closed_at_the_next_turn_is_no_prospect():
    closed = [[turns[0], Turn(1, "wait", turns[1].features, 0.0, ("wait",))] for turns in trajectories()]
    model = refit(closed, DESIGN, HABITS)
    assert model.probabilities(OPTIONS, FIRST)[0] > 0.9


def test_little_evidence_leaves_doubt():
    few, many = refit(trajectories(12), DESIGN, HABITS), refit(trajectories(), DESIGN, HABITS)
    assert few.scores(OPTIONS, FIRST)[1].max() > 2 * many.scores(OPTIONS, FIRST)[1].max()


def test_the_same_log_gives_the_same_model():
    once, again = refit(trajectories(40), DESIGN), refit(trajectories(40), DESIGN)
    assert once.version == again.version


def test_stages_that_do_not_rise_are_refused():
    turn = Turn(0, "wait", {}, 0.0, OPTIONS)
    with pytest.raises(ValueError, match="stages must rise"):
        refit([[turn, turn]], DESIGN)


def test_no_log_teaches_nothing():
    assert refit([], DESIGN).probabilities(OPTIONS, FIRST) == pytest.approx([0.5, 0.5])


def callers(count: int = 3000) -> list[list[Turn]]:
    """Calls are answered by the keen alone, as a bent curve over keenness; a letter brings everybody a little."""
    draw = np.random.default_rng(4)
    made: list[list[Turn]] = []
    for keen in draw.normal(size=count):
        call = draw.random() < 0.5
        answered = draw.random() < 1 / (1 + np.exp(5 - 4 * keen))
        reward = float(answered) - 0.1 if call else 0.05
        made.append([Turn(0, "call" if call else "letter", {"keen": keen}, reward, ("call", "letter"))])
    return made


def test_what_an_option_brings_need_be_no_straight_line():
    """The truth for those who are not keen is -0.1; a straight line has them at less than -0.2."""
    bent = refit(callers(), Separate(("keen",)), HABITS)
    keen = [{"keen": value} for value in (-1.0, 0.5, 2.0)]
    expected = [bent.scores(("call",), each)[0][0] for each in keen]
    assert expected == pytest.approx([1 / (1 + np.exp(5 - 4 * each["keen"])) - 0.1 for each in keen], abs=0.06)


def test_options_of_factors_have_a_curve_too():
    made_of = {"call": {"channel": "phone"}, "letter": {"channel": "paper"}}
    bent = refit(callers(), Factorised(("keen",), made_of, ("keen",)), HABITS)
    assert bent.design.responses
    keen = [{"keen": value} for value in (-1.0, 0.5, 2.0)]
    expected = [bent.scores(("call", "letter"), each)[0][0] for each in keen]
    assert expected == pytest.approx([1 / (1 + np.exp(5 - 4 * each["keen"])) - 0.1 for each in keen], abs=0.06)


def turn_by_turn(log: list[list[Turn]], discount: float, trace: float, passes: int, seed: int) -> Model:
    """The same iteration as it is written in the paper, one turn and one pass at a time, without curves."""
    draw = np.random.default_rng(seed)
    blocks = sorted({turn.option for turns in log for turn in turns})
    models, weights = [Model(DESIGN, HABITS) for _ in range(passes)], list[dict[str, np.ndarray]]()
    values = np.zeros((len(log), passes))
    for stage in (1, 0):
        for place in range(passes):
            for number, turns in enumerate(log):
                turn, ahead = turns[stage], 0.0
                if stage == 0:
                    after = turns[1]
                    offers = [DESIGN.row(o, after.features) @ weights[place][o] for o in after.options]
                    ahead = trace * values[number, place] + (1 - trace) * max(offers)
                values[number, place] = turn.reward + discount * ahead
                added = lesson(DESIGN, turn.option, turn.features, None, values[number, place], turn.weight)
                models[place] = models[place].taught(*added)
        for model in models if stage else ():
            beliefs = believe([model.blocks[name] for name in blocks], DESIGN.dimensions, HABITS.prior)
            noise = draw.standard_normal(beliefs.means.shape)
            drawn = [
                mean + np.linalg.cholesky(spread) @ luck
                for mean, spread, luck in zip(beliefs.means, beliefs.covariances, noise, strict=True)
            ]
            weights.append(dict(zip(blocks, drawn, strict=False)))
    sums = {name: sum((m.blocks[name] for m in models[1:]), models[0].blocks[name]) for name in blocks}
    return Model(DESIGN, HABITS, {name: each.times(1 / passes) for name, each in sums.items()})


def test_all_turns_at_once_give_what_one_at_a_time_gives():
    log = trajectories(30)
    slow = turn_by_turn(log, discount=0.9, trace=0.3, passes=3, seed=5)
    fast = refit(log, DESIGN, HABITS, discount=0.9, trace=0.3, passes=3, seed=5)
    for name, sums in slow.blocks.items():
        assert fast.blocks[name].outer == pytest.approx(sums.outer)
        assert fast.blocks[name].moment == pytest.approx(sums.moment)
        assert fast.blocks[name].square == pytest.approx(sums.square)
