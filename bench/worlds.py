"""The two worlds in which simulated shoppers show whether the agent is believed only where it is better."""

from collections.abc import Callable

from learning.experiments.verdict import Kind

World = Callable[[str, bool], float]
"""How likely an option is to make a shopper buy; the young are told apart by a feature."""

ORDER = 50.0
"""What they buy for."""


def tastes_differ(option: str, young: bool) -> float:
    """Chat for the young and mail for the others is best by far: 17.5 % against the 5 % of mail for all."""
    return {"mail": 0.05, "chat": 0.30 if young else 0.02, "nothing": 0.03}[option]


def nothing_matters(option: str, young: bool) -> float:
    """Whatever is done, one in ten buys."""
    return 0.10


WORLDS: dict[str, tuple[World, Kind]] = {
    "tastes differ": (tastes_differ, "better"),
    "nothing matters": (nothing_matters, "not shown"),
}
"""Each world with what is true of the agent there."""
