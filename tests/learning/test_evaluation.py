"""Off-policy evaluation gives the numbers of the Open Bandit Pipeline on its own data, and refuses weak evidence.

`open_bandit.csv` is counted from the Open Bandit Dataset (ZOZO, Inc.), campaign "all" of the random
policy, as the wheel of `obp` 0.4.1 (Apache-2.0) carries it: how often each item was shown and clicked at each
position, and how often `BernoulliTS(is_zozotown_prior=True, random_state=12345)` chose it there in 100,000
draws.
"""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.evaluation.estimators import direct, doubly_robust, ips, shrunk, snips
from learning.evaluation.intervals import bootstrap
from learning.evaluation.log import Log
from learning.evaluation.predictions import predicted
from learning.evaluation.promotion import Demands, judge
from learning.evaluation.weights import diagnose
from learning.sampler.design import Separate

ITEMS = 80


@pytest.fixture(scope="module")
def open_bandit() -> Log:
    """The 10,000 decisions of the random policy, with the odds of the Thompson sampler at their positions."""
    with (Path(__file__).parent / "open_bandit.csv").open() as file:
        counted = [{name: int(value) for name, value in row.items()} for row in csv.DictReader(file)]
    odds = np.zeros((3, ITEMS))
    for row in counted:
        odds[row["position"], row["item"]] = row["chosen_of_100000"] / 100_000
    items, positions, clicks = [], [], []
    for row in counted:
        items += [row["item"]] * row["shown"]
        positions += [row["position"]] * row["shown"]
        clicks += [1.0] * row["clicked"] + [0.0] * (row["shown"] - row["clicked"])
    return Log(np.array(items), np.array(clicks), np.full(len(items), 1 / ITEMS), odds[positions])


def test_ips_is_what_the_open_bandit_pipeline_prints(open_bandit: Log):
    """Cell 31 of examples/quickstart/obd.ipynb in st-tech/zr-obp: ipw 0.004553, 1.198126 times the random
    policy."""
    assert len(open_bandit.rewards) == 10_000
    assert ips(open_bandit).estimate == pytest.approx(0.004553, abs=5e-7)
    assert ips(open_bandit).estimate / open_bandit.rewards.mean() == pytest.approx(1.198126, abs=5e-7)


def rates(log: Log) -> np.ndarray:
    """A simple model of the reward: an item's clicks and one more, over how often it was shown and 100 more."""
    shown, clicked = np.bincount(log.places, minlength=ITEMS), np.bincount(log.places, log.rewards, ITEMS)
    return np.tile((clicked + 1) / (shown + 100), (len(log.rewards), 1))


def test_every_estimator_is_what_the_open_bandit_pipeline_computes(open_bandit: Log):
    """What `SelfNormalizedInverseProbabilityWeighting`, `DirectMethod`, `DoublyRobust` and
    `DoublyRobustWithShrinkage(lambda_)` of obp 0.4.1 (obp/ope/estimators.py) give for this log and `rates` as
    `estimated_rewards_by_reg_model`."""
    model = rates(open_bandit)
    assert snips(open_bandit).estimate == pytest.approx(0.0047758330812309535)
    assert direct(open_bandit, model).estimate == pytest.approx(0.007021237265384536)
    assert doubly_robust(open_bandit, model).estimate == pytest.approx(0.004947352420663701)
    of_lambda = {strength: shrunk(open_bandit, model, strength).estimate for strength in (1.0, 10.0, 100.0)}
    assert of_lambda == pytest.approx(
        {1: 0.006394042826252574, 10: 0.005797806026456369, 100: 0.0050502257638753495}
    )


def test_its_bootstrap_interval_is_theirs(open_bandit: Log):
    """Cell 32: 0.001531 to 0.009254 by 10,000 resamples. Both are draws, so they agree to a few per cent."""
    interval = bootstrap(ips(open_bandit))
    assert (interval.low, interval.high) == pytest.approx((0.001531, 0.009254), rel=0.06)


def test_promotion_on_this_log_is_refused(open_bandit: Log):
    """38 clicks prove nothing."""
    rate = open_bandit.rewards.mean()
    evidence = judge(open_bandit, np.full(open_bandit.target.shape, rate), draws=400)
    assert not evidence.promoted
    assert any("it may be no better" in reason for reason in evidence.refused)


def simulated(size: int = 6000, seed: int = 5, better: float = 0.9) -> tuple[Log, np.ndarray, float]:
    """A log of a random planner among three options, the odds of a better one, a good model, and the true
    value."""
    draw = np.random.default_rng(seed)
    x = draw.random(size)
    truth = np.stack([0.1 + 0.4 * x, 0.4 - 0.2 * x, np.full(size, 0.15)], axis=1)
    chosen = draw.integers(0, 3, size)
    rewards = (draw.random(size) < truth[np.arange(size), chosen]).astype(float)
    target = np.full((size, 3), (1 - better) / 2)
    target[np.arange(size), truth.argmax(axis=1)] = better
    return Log(chosen, rewards, np.full(size, 1 / 3), target), truth, float((target * truth).sum(axis=1).mean())


@pytest.mark.parametrize("estimator", [ips, snips])
def test_the_estimate_is_near_the_truth_without_a_model(estimator):
    log, _, value = simulated()
    interval = bootstrap(estimator(log))
    assert interval.low < value < interval.high


@pytest.mark.parametrize("estimator", [doubly_robust, shrunk])
@pytest.mark.parametrize("error", [0.0, 0.3])
def test_the_estimate_survives_a_wrong_model(estimator, error: float):
    log, truth, value = simulated()
    interval = bootstrap(estimator(log, truth + error))
    assert interval.low < value < interval.high
    assert abs(direct(log, truth + error).estimate - value) == pytest.approx(error, abs=1e-9)


def test_a_good_model_narrows_the_interval():
    log, truth, _ = simulated()
    robust, plain = bootstrap(doubly_robust(log, truth)), bootstrap(ips(log))
    assert robust.high - robust.low < 0.9 * (plain.high - plain.low)


@given(st.integers(0, 2**32 - 1))
def test_known_identities_hold(seed: int):
    """As obp's own tests demand: with no model DR is IPS, without weights DRos is DM, with all of them DR;
    SNIPS of a constant reward is that constant."""
    log, truth, _ = simulated(50, seed)
    assert doubly_robust(log, np.zeros((50, 3))).estimate == pytest.approx(ips(log).estimate)
    assert shrunk(log, truth, 0.0).estimate == pytest.approx(direct(log, truth).estimate)
    assert shrunk(log, truth, float("inf")).estimate == pytest.approx(doubly_robust(log, truth).estimate)
    constant = Log(log.chosen, np.full(50, 0.7), log.propensities, log.target)
    assert snips(constant).estimate == pytest.approx(0.7)


def test_the_planner_that_acted_is_worth_what_it_brought():
    log, _, _ = simulated()
    same = Log(log.chosen, log.rewards, log.propensities, np.full((6000, 3), 1 / 3))
    assert ips(same).estimate == pytest.approx(log.rewards.mean())
    assert (diagnose(same).effective, diagnose(same).largest) == pytest.approx((6000, 1))


def test_predictions_are_made_by_who_has_not_seen_the_reward():
    """Rewards that nothing explains are predicted by their mean, not by themselves."""
    draw = np.random.default_rng(2)
    features = [dict(zip("abcdefgh", draw.normal(size=8), strict=True)) for _ in range(60)]
    rewards = draw.normal(size=60)
    chosen = ["x", "y"] * 30
    made = predicted(Separate(tuple("abcdefgh")), ("x", "y"), chosen, features, rewards.tolist())
    own = made[np.arange(60), [0, 1] * 30]
    assert np.corrcoef(own, rewards)[0, 1] < 0.3


def test_predictions_find_what_is_there():
    draw = np.random.default_rng(2)
    x = draw.normal(size=600)
    chosen, features = ["up", "down"] * 300, [{"x": float(value)} for value in x]
    rewards = [value if option == "up" else -value for option, value in zip(chosen, x.tolist(), strict=True)]
    made = predicted(Separate(("x",)), ("up", "down"), chosen, features, rewards)
    assert made[:, 0] == pytest.approx(x, abs=0.05)
    assert made[:, 1] == pytest.approx(-x, abs=0.05)


def test_strong_evidence_is_promoted():
    log, truth, value = simulated(better=0.95)
    evidence = judge(log, truth)
    assert evidence.promoted
    assert evidence.refused == ()
    assert evidence.baseline.estimate < evidence.estimates["DR"].low < value
    assert set(evidence.estimates) == {"IPS", "SNIPS", "DM", "DR", "DRos"}


def test_a_short_log_is_refused():
    log, truth, _ = simulated(300, better=0.95)
    assert any("of its own decisions, and 500 are asked" in reason for reason in judge(log, truth).refused)


def test_a_heavy_weight_is_refused():
    log, truth, _ = simulated(better=0.95)
    propensities = log.propensities.copy()
    propensities[np.argmax(log.weights)] = 0.01
    heavy = Log(log.chosen, log.rewards, propensities, log.target)
    assert any("weighs 95.0 times, and 50 are allowed" in reason for reason in judge(heavy, truth).refused)


def test_a_planner_that_is_no_better_is_refused():
    log, truth, _ = simulated()
    same = Log(log.chosen, log.rewards, log.propensities, np.full((6000, 3), 1 / 3))
    (reason,) = judge(same, truth, Demands()).refused
    assert "it may be no better" in reason


def test_decisions_of_one_customer_are_no_independent_evidence():
    log, _, _ = simulated(400)
    tenfold = [np.repeat(part, 10, axis=0) for part in (log.chosen, log.rewards, log.propensities, log.target)]
    units = np.repeat(np.arange(400), 10)
    naive, honest = Log(*tenfold), Log(*tenfold, units)
    single = bootstrap(ips(log))
    repeated = bootstrap(ips(honest), honest.units)
    assert repeated.high - repeated.low == pytest.approx(single.high - single.low, rel=0.15)
    assert bootstrap(ips(naive)).high - single.estimate < 0.5 * (single.high - single.estimate)


@pytest.mark.parametrize(
    ("propensities", "target", "said"),
    [
        ([0.0, 0.5], [[0.5, 0.5]] * 2, "propensity"),
        ([0.5, 0.5], [[0.5, 0.4]] * 2, "add up"),
        ([0.5], [[0.5, 0.5]] * 2, "every decision"),
    ],
)
def test_a_log_that_cannot_be_is_refused(propensities, target, said):
    with pytest.raises(ValueError, match=said):
        Log(np.array([0, 1]), np.zeros(2), np.array(propensities), np.array(target))
