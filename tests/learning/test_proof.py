"""Simulated shoppers: where the agent is better the report says so with an interval, and where it is not, that."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from journeys.assignment import share
from learning.experiments.arms import Seen
from learning.experiments.report import Report, Rules, report
from learning.planners import fixed, sampler
from learning.planners.interface import Question
from learning.planners.sampler import learner
from learning.sampler.model import Model, lesson

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
OPTIONS = ("mail", "chat", "nothing")
DAYS, DAILY, ORDER = 40, 100, 50.0
World = Callable[[str, bool], float]
"""How likely an option is to make a shopper buy; the young are told apart by a feature."""


def tastes_differ(option: str, young: bool) -> float:
    return {"mail": 0.05, "chat": 0.30 if young else 0.02, "nothing": 0.03}[option]


def nothing_matters(option: str, young: bool) -> float:
    return 0.10


def season(buys: World, seed: int) -> Report:
    """Half of the shoppers get the fixed journey, half the agent, which learns every night from its own."""
    draw, learned = random.Random(seed), learner({"noise": 10.0}, ("young",))
    model = Model(learned.design, learned.habits)
    seen: list[Seen] = []
    for day in range(DAYS):
        since, tonight = MONDAY + timedelta(days=day), list[tuple[str, bool, float]]()
        for number in range(DAILY):
            shopper, young = f"{seed}:{day}:{number}", draw.random() < 0.5
            arm = "agent" if share("who-decides", shopper) < 0.5 else "fixed"
            question = Question(shopper, OPTIONS, features={"young": float(young)}, model=model)
            option = (sampler if arm == "agent" else fixed).plan(question).option
            money = ORDER if draw.random() < buys(option, young) else 0.0
            seen.append(Seen(arm, since, [(since + timedelta(days=1), money)] if money else []))
            if arm == "agent":
                tonight.append((option, young, money))
        for option, young, money in tonight:
            model = model.taught(*lesson(learned.design, option, {"young": float(young)}, None, money))
    rules = Rules({"fixed": 50, "agent": 50}, timedelta(days=7), DAYS * DAILY, MONDAY)
    return report(seen, rules, MONDAY + timedelta(days=DAYS + 14))


def test_where_shoppers_differ_the_agent_beats_the_fixed_journey_and_the_interval_says_so():
    found = season(tastes_differ, seed=1)
    [agent] = found.results
    assert found.sound
    assert found.done
    # The best there is: chat for the young, mail for the others, 17.5 % against the 5 % of mail for all.
    assert 0 < agent.brought.rate.difference.low < agent.brought.rate.difference.estimate < 0.125
    assert agent.brought.proven


def test_where_nothing_matters_the_report_says_that_nothing_is_shown():
    for seed in range(3):
        [agent] = season(nothing_matters, seed).results
        assert agent.brought.money.low < 0 < agent.brought.money.high
        assert not agent.brought.proven
