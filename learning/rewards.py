"""What a decision was worth: its outcomes, valued as configured, within their windows, less what it cost.

An outcome counts by when it happened, not by when it was heard of: one that comes late corrects the reward, and
the correction is a difference (`sampler.statistics.credited`), so that nothing counts twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from journeys.rewards import Rewards


@dataclass(frozen=True)
class Outcome:
    """Something that happened to a customer after a decision, and was attributed to it."""

    event_id: str
    kind: str
    at: datetime
    money: float = 0.0


@dataclass(frozen=True)
class Part:
    """What one outcome adds to a reward; leads from the reward back to the event."""

    event_id: str
    kind: str
    amount: float


@dataclass(frozen=True)
class Reward:
    """What a decision is worth as far as is known."""

    amount: float
    parts: tuple[Part, ...]
    cost: float
    closed: bool
    """Whether all windows are over. What is heard of later may still correct it."""

    @property
    def counts(self) -> float | None:
        """What to learn from: None while nothing happened yet and something still may."""
        return self.amount if self.closed or self.parts else None


def reward(
    rewards: Rewards, option: str, decided_at: datetime, outcomes: Sequence[Outcome], now: datetime
) -> Reward:
    """The reward of a decision from all outcomes heard of so far, in any order, each told once or more often."""
    once = {(outcome.event_id, outcome.kind): outcome for outcome in outcomes}
    parts: list[Part] = []
    kinds: set[str] = set()
    for outcome in sorted(once.values(), key=lambda outcome: (outcome.at, outcome.event_id)):
        worth = rewards.outcomes.get(outcome.kind)
        if worth is None or not decided_at <= outcome.at <= decided_at + worth.within:
            continue
        if outcome.kind in kinds and not worth.each:
            continue
        kinds.add(outcome.kind)
        parts.append(Part(outcome.event_id, outcome.kind, worth.value + worth.share * outcome.money))
    cost = rewards.costs.get(option, 0.0)
    amount = sum(part.amount for part in parts) - cost
    return Reward(amount, tuple(parts), cost, now >= rewards.closes_at(decided_at))


def discounted(turns: Sequence[tuple[datetime, float]], daily: float = 0.0) -> list[float]:
    """The return of every turn of an agent: its reward and all later ones until the end, each discounted by a
    share `daily` for each day between. The turns are in the order of time."""
    returns: list[float] = []
    later, after = 0.0, None
    for at, amount in reversed(turns):
        if after is not None:
            later *= (1 - daily) ** ((after - at) / timedelta(days=1))
        later += amount
        after = at
        returns.append(later)
    return returns[::-1]
