"""Simulated shoppers whose best treatment is known: the world that `bench.decisions` lets planners act in.

A shopper is courted for five days. A message may convert them, tire them, or drive them away; what works
differs by shopper, and to wait lets tiredness pass. Some shoppers cannot be reached on some channels. What came
of a message is known only some days later. Everything but the planner's own choice is drawn from the seed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

OPTIONS = ("mail", "push", "chat", "mail with offer", "push with offer", "wait")
TURNS, TIREDNESS = 5, 6
TRAITS = 4
_MARGIN, _GOODBYE = 1.0, -1.5
_COSTS = np.array([0.002, 0.001, 0.03, 0.3, 0.3, 0.0])
"""Of sending; an offer's is paid on conversion."""
_IS_OFFER = np.array([False, False, False, True, True, False])
_DELAYS = 4


@dataclass(frozen=True, eq=False)
class Shoppers:
    """So many shoppers, one a row."""

    traits: Array
    open: NDArray[np.bool_]
    """Shoppers by options: what they can be reached by; to wait always is."""

    @classmethod
    def drawn(cls, count: int, draw: np.random.Generator) -> "Shoppers":
        """Shoppers who are alike in nothing but the law they come from."""
        reachable = draw.random((count, 3)) < (0.9, 0.7, 0.5)
        channels = np.concatenate((reachable, reachable[:, :2], np.ones((count, 1), np.bool_)), axis=1)
        return cls(draw.normal(size=(count, TRAITS)), channels)

    def converts(self, tired: int) -> Array:
        """The chance that each option converts each shopper, when they are so tired: shoppers by options."""
        liking = self.traits @ _LIKING + _BASE
        chance = 1 / (1 + np.exp(-(liking - 0.45 * tired)))
        chance[:, -1] = 0.0
        return chance

    def leaves(self, tired: int) -> Array:
        """The chance that each option drives a shopper away, by options."""
        return np.minimum(_ANNOYING * (1 + tired) ** 1.5, 0.5)


_LAW = np.random.default_rng(20_260)
_LIKING = _LAW.normal(0, 0.8, (TRAITS, len(OPTIONS)))
_BASE = np.array([-2.6, -2.8, -2.4, -2.0, -2.2, 0.0])
_ANNOYING = np.array([0.006, 0.010, 0.014, 0.006, 0.010, 0.0])

Odds = Callable[[int, int], Array]
"""A planner's odds for all shoppers at a turn when they are so tired: shoppers by options."""


def gain(shoppers: Shoppers, tired: int) -> Array:
    """The expected reward of each option at once: shoppers by options."""
    converts = shoppers.converts(tired)
    margin = np.where(_IS_OFFER, _MARGIN - _COSTS, _MARGIN)
    sending = np.where(_IS_OFFER, 0.002, _COSTS)
    return converts * margin + (1 - converts) * shoppers.leaves(tired) * _GOODBYE - sending


def value(shoppers: Shoppers, odds: Odds | None) -> float:
    """The exact expected value a shopper of these odds, or of the best there are, by backward induction."""
    ahead = np.zeros((TIREDNESS, len(shoppers.traits)))
    for turn in reversed(range(TURNS)):
        now = np.empty_like(ahead)
        for tired in range(TIREDNESS):
            stays = (1 - shoppers.converts(tired)) * (1 - shoppers.leaves(tired))
            after = np.tile(ahead[min(tired + 1, TIREDNESS - 1)][:, None], len(OPTIONS))
            after[:, -1] = ahead[max(tired - 1, 0)]
            worth = gain(shoppers, tired) + stays * after
            if odds is None:
                now[tired] = np.where(shoppers.open, worth, -np.inf).max(axis=1)
            else:
                now[tired] = (odds(turn, tired) * worth).sum(axis=1)
        ahead = now
    return float(ahead[0].mean())


@dataclass
class Visit:
    """What happened on one turn of one shopper."""

    shopper: int
    turn: int
    tired: int
    option: int
    reward: float
    expected: float
    known_after: int
    """Days until the outcome is heard of."""


def visit(
    shoppers: Shoppers, shopper: int, turn: int, tired: int, option: int, draw: np.random.Generator
) -> tuple[Visit, bool]:
    """Let a choice have its effect; whether the shopper stays for another turn."""
    luck = draw.random(2)
    converted = luck[0] < shoppers.converts(tired)[shopper, option]
    left = not converted and luck[1] < shoppers.leaves(tired)[option]
    paid = _COSTS[option] if converted or not _IS_OFFER[option] else 0.002
    reward = _MARGIN * converted + _GOODBYE * left - paid
    expected = float(gain(shoppers, tired)[shopper, option])
    delay = int(draw.integers(0, _DELAYS))
    return Visit(shopper, turn, tired, option, float(reward), expected, delay), not (converted or left)
