"""Lets planners court the shoppers of `bench.shoppers` day by day, and says what each brought."""

from dataclasses import dataclass

import numpy as np

from bench.shoppers import OPTIONS, TURNS, Array, Odds, Shoppers, Visit, value, visit
from learning.planners.interface import Question, drawn
from learning.sampler.design import Separate
from learning.sampler.model import Habits, Model, lesson
from learning.sampler.posterior import Prior
from learning.values import Turn, refit

_TRAITS = "abcd"
_LATER = tuple(f"turn {number}" for number in range(1, TURNS))
DESIGN = Separate((*_TRAITS, *_LATER, "tired", "tired²"))
"""What a journey would declare: traits, which turn it is, and how many messages there were of late. A regression
on these reaches about 90 % of the optimum when it is told the truth; what it lacks, the refit's responses add."""
HABITS = Habits(prior=Prior(strength=1.0, noise=0.3))
_JUDGED = 400
"""Fresh shoppers on whom a learned planner is judged exactly."""
_REFIT_EVERY = 5
"""Nights; to refit each night changes little and takes long."""


@dataclass(frozen=True)
class Courted:
    """The value a shopper of each planner."""

    values: dict[str, float]


def court(seed: int, days: int, daily: int) -> Courted:
    """Simulate one shop. The planners that learn start from nothing."""
    judged = Shoppers.drawn(_JUDGED, np.random.default_rng([seed, 1]))
    values = {"uniform": value(judged, _uniform(judged)), "fixed order": value(judged, _fixed(judged))}
    constants = [value(judged, _constant(judged, option)) for option in range(len(OPTIONS))]
    values["best constant"] = max(constants)
    for name, nightly in (("sampler", False), ("sampler, refitted nightly", True)):
        brought, model = _run(seed, days, daily, nightly)
        values[f"{name}: while it learned"] = float(np.mean(brought))
        values[f"{name}: last quarter"] = float(np.mean(brought[-len(brought) // 4 :]))
        values[f"{name}: in the end"] = value(judged, _learned(judged, model))
    values["optimum"] = value(judged, None)
    return Courted(values)


def _run(seed: int, days: int, daily: int, nightly: bool) -> tuple[list[float], Model]:
    """Run a shop; what every shopper was expected to bring by the choices made, and what was learned."""
    draw = np.random.default_rng([seed, 2])
    model = Model(DESIGN, HABITS)
    brought: list[float] = []
    pending: list[tuple[int, Shoppers, list[Visit]]] = []
    log: list[list[Turn]] = []
    for day in range(days):
        shoppers = Shoppers.drawn(daily, draw)
        for shopper in range(daily):
            visits = _court_one(shoppers, shopper, model, f"{seed}:{day}:{shopper}", draw)
            brought.append(sum(each.expected for each in visits))
            known = day + max(each.turn + each.known_after for each in visits) + 1
            pending.append((known, shoppers, visits))
        known_now = [(of, visits) for at, of, visits in pending if at <= day]
        pending = [each for each in pending if each[0] > day]
        for of, visits in known_now:
            log.append([_turn(of, each) for each in visits])
            model = _taught(model, log[-1])
        if nightly and day % _REFIT_EVERY == _REFIT_EVERY - 1:
            model = refit(log, DESIGN, HABITS, seed=day)
    return brought, model


def _court_one(
    shoppers: Shoppers, shopper: int, model: Model, name: str, draw: np.random.Generator
) -> list[Visit]:
    visits: list[Visit] = []
    tired = 0
    for turn in range(TURNS):
        options = _open(shoppers, shopper)
        odds = model.probabilities(options, _features(shoppers, shopper, turn, tired))
        option = OPTIONS.index(drawn(Question(f"{name}:{turn}", options), odds, "").option)
        made, stays = visit(shoppers, shopper, turn, tired, option, draw)
        visits.append(made)
        if not stays:
            break
        tired = max(tired - 1, 0) if OPTIONS[option] == "wait" else tired + 1
    return visits


def _taught(model: Model, turns: list[Turn]) -> Model:
    """The undiscounted return of every turn, as its reward."""
    to_come = 0.0
    for turn in reversed(turns):
        to_come += turn.reward
        taught = lesson(model.design, turn.option, turn.features, None, to_come, options=turn.options)
        model = model.taught(*taught)
    return model


def _turn(shoppers: Shoppers, made: Visit) -> Turn:
    features = _features(shoppers, made.shopper, made.turn, made.tired)
    return Turn(made.turn, OPTIONS[made.option], features, made.reward, _open(shoppers, made.shopper))


def _features(shoppers: Shoppers, shopper: int, turn: int, tired: int) -> dict[str, float]:
    traits = shoppers.traits[shopper].tolist()
    turns = (float(turn == later) for later in range(1, TURNS))
    numbers = [*traits, *turns, tired / TURNS, (tired / TURNS) ** 2]
    return dict(zip(DESIGN.features, numbers, strict=True))


def _open(shoppers: Shoppers, shopper: int) -> tuple[str, ...]:
    return tuple(name for name, able in zip(OPTIONS, shoppers.open[shopper], strict=True) if able)


def _learned(shoppers: Shoppers, model: Model) -> Odds:
    def odds(turn: int, tired: int) -> Array:
        result = np.zeros(shoppers.open.shape)
        if tired > turn:
            return result  # Nobody can be more tired than by one a turn.
        for shopper in range(len(result)):
            options = _open(shoppers, shopper)
            features = _features(shoppers, shopper, turn, tired)
            result[shopper, shoppers.open[shopper]] = model.probabilities(options, features)
        return result

    return odds


def _uniform(shoppers: Shoppers) -> Odds:
    return lambda turn, tired: shoppers.open / shoppers.open.sum(axis=1, keepdims=True)


def _constant(shoppers: Shoppers, option: int) -> Odds:
    """This option where it is open, else to wait."""
    odds = np.zeros(shoppers.open.shape)
    odds[:, option] = shoppers.open[:, option]
    odds[:, -1] += 1 - odds.sum(axis=1)
    return lambda turn, tired: odds


def _fixed(shoppers: Shoppers) -> Odds:
    """The open options in the order they are written, one a turn."""
    rank = np.cumsum(shoppers.open, axis=1) - 1

    def odds(turn: int, tired: int) -> Array:
        place = np.minimum(turn, rank[:, -1:])
        return (shoppers.open & (rank == place)).astype(np.float64)

    return odds
