"""How fast the sampler decides and learns, and how good it gets: `python -m bench.decisions --help`.

Speed is measured beside other libraries where they are installed (`pip install bayesianbandits mabwiser`; they
are no dependencies). Value is measured in `bench.shoppers`, beside planners that do not learn and the best
there is.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.courting import Courted, court
from learning.planners import sampler
from learning.planners.interface import Question
from learning.sampler.design import Separate
from learning.sampler.model import Model, lesson
from learning.sampler.responses import Responses

FEATURES = 50
_TAUGHT = 100
"""Lessons an option before anything is timed."""

Timed = Mapping[str, Callable[[], object]]


def ours(options: int, draw: np.random.Generator, refitted: bool = False) -> Timed:
    """A decision, a lesson, and taking lessons into account."""
    names = tuple(f"option {number}" for number in range(options))
    known = tuple(f"f{number}" for number in range(FEATURES))
    curves = {name: tuple(draw.normal(0, 0.1, 1 + FEATURES)) for name in names} if refitted else {}
    design = Separate(known, Responses(curves))
    model = Model(design)
    features = [dict(zip(design.features, row, strict=True)) for row in draw.normal(size=(_TAUGHT, FEATURES))]
    for name in names:
        for known in features:
            model = model.taught(*lesson(design, name, known, None, float(draw.random() < 0.1)))
    count = iter(range(10**9))

    def decide() -> object:
        number = next(count)
        return sampler.plan(Question(f"d{number}", names, features=features[number % _TAUGHT], model=model))

    def learn() -> object:
        return model.taught(*lesson(design, names[0], features[next(count) % _TAUGHT], None, 1.0))

    def refresh() -> object:
        return learn_of(model).scores(names, features[0])

    def learn_of(known: Model) -> Model:
        return known.taught(*lesson(design, names[0], features[0], None, 1.0))

    return {"decision": decide, "update": learn, "update and refresh": refresh}


def bayesianbandits(options: int, draw: np.random.Generator) -> Timed:
    """The same with bayesianbandits: no mask, no propensity."""
    theirs: Any = import_module("bayesianbandits")
    arms = [theirs.Arm(number, learner=theirs.NormalRegressor(1.0, 1.0)) for number in range(options)]
    agent = theirs.ContextualAgent(arms, theirs.ThompsonSampling(), random_seed=1)
    rows = draw.normal(size=(_TAUGHT, FEATURES))
    for number in range(options):
        agent.select_for_update(number).update(rows, (draw.random(_TAUGHT) < 0.1).astype(float))

    def update() -> object:
        return agent.select_for_update(0).update(rows[:1], np.ones(1))

    return {"decision": lambda: agent.pull(rows[:1]), "update and refresh": update}


def mabwiser(options: int, draw: np.random.Generator) -> Timed:
    """The same with mabwiser: no mask, no propensity."""
    theirs: Any = import_module("mabwiser.mab")
    mab = theirs.MAB(list(range(options)), theirs.LearningPolicy.LinTS(alpha=1.0), seed=1)
    rows = draw.normal(size=(_TAUGHT * options, FEATURES))
    mab.fit(np.arange(len(rows)) % options, (draw.random(len(rows)) < 0.1).astype(float), rows)
    return {
        "decision": lambda: mab.predict(rows[:1]),
        "update and refresh": lambda: mab.partial_fit([0], [1.0], rows[:1]),
    }


LIBRARIES = {
    "sojourn": ours,
    "sojourn, refitted": partial(ours, refitted=True),
    "bayesianbandits": bayesianbandits,
    "mabwiser": mabwiser,
}


def microseconds(run: Callable[[], object], seconds: float) -> float:
    """The median time of one call."""
    for _ in range(20):
        run()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 20:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def show_speed(console: Console, seconds: float) -> None:
    """Print microseconds by library and number of options."""
    table = Table("median microseconds, 50 features", "5", "20", "50")
    for library, make in LIBRARIES.items():
        try:
            timed = [make(options, np.random.default_rng(1)) for options in (5, 20, 50)]
        except ModuleNotFoundError:
            table.add_row(f"{library}: not installed", "-", "-", "-")
            continue
        for what in timed[0]:
            figures = [microseconds(each[what], seconds) for each in timed]
            table.add_row(f"{library}: {what}", *(f"{figure:,.0f}" for figure in figures))
    console.print(table)


def show_value(console: Console, courted: list[Courted]) -> None:
    """Print what each planner brought, the mean over the seeds."""
    table = Table("planner", "value a shopper", "of the optimum", "over the seeds")
    for name in courted[0].values:
        values = [run.values[name] for run in courted]
        shares = [value / run.values["optimum"] for value, run in zip(values, courted, strict=True)]
        spread = f"{min(shares):.0%} to {max(shares):.0%}"
        table.add_row(name, f"{statistics.mean(values):.4f}", f"{statistics.mean(shares):.1%}", spread)
    console.print(table)


def main() -> None:
    """Measure, and print both tables."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.decisions",
        description="Measure how fast the sampler is and how much of the optimum it reaches.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each figure of speed is measured")
    parser.add_argument("--days", type=int, default=60, help="days that the simulated shop runs")
    parser.add_argument("--shoppers", type=int, default=200, help="new shoppers a day")
    parser.add_argument("--seeds", type=int, default=2, help="how many shops are simulated; 0 leaves it out")
    given = parser.parse_args()
    console = Console()
    show_speed(console, given.seconds)
    if given.seeds:
        show_value(console, [court(seed, given.days, given.shoppers) for seed in range(given.seeds)])


if __name__ == "__main__":
    main()
