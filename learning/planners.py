"""The simple planners. A decision id takes the place of chance, so that any choice can be recomputed."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """What a planner chose, how likely that was, and why."""

    option: str
    probability: float
    why: str


Planner = Callable[[Sequence[str], str, int], Plan]
"""Chooses among options, for a decision id, the so-many-eth time (from 0)."""


def fixed(options: Sequence[str], decision_id: str, turn: int) -> Plan:
    """Every option in the order it is written, one a turn; the last one again and again."""
    return Plan(options[min(turn, len(options) - 1)], 1.0, f"turn {turn + 1} of a fixed order")


def random(options: Sequence[str], decision_id: str, turn: int) -> Plan:
    """Any option, each as likely as another."""
    number = int.from_bytes(hashlib.sha256(decision_id.encode()).digest()[:8])
    return Plan(options[number * len(options) >> 64], 1 / len(options), f"one of {len(options)}, at random")


PLANNERS: dict[str, Planner] = {"fixed": fixed, "random": random}
