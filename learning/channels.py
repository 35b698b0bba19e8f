"""Which channel is best for a customer: that over which they answered the greatest share of what they were sent.

Deterministic: it explores nothing and learns from this customer alone. Where that is to be learnt from all, a
planner chooses.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_USUAL, _WEIGHT = 0.2, 5.0
"""Before anything is known a channel counts as if one of five messages had been answered: better than one that the
customer leaves unread, worse than one that they read."""


@dataclass(frozen=True)
class Standing:
    """How a channel stands with a customer. `rate` is the share of messages answered, from 0 to 1."""

    channel: str
    rate: float
    reachable: bool
    reason: str


def best_first(
    channels: Sequence[str], messages: Mapping[str, Mapping[str, Any]], unreachable: Collection[str]
) -> list[Standing]:
    """The channels, those first over which the customer can be reached, and of these those that they answer.

    `messages` is `customer.messages`, of which the last 30 days count: a message was answered when it was opened,
    clicked or replied to. Equals stay in the order in which they are given. The rate is the mean of a beta
    distribution (1, 4) after so many answers of so many messages.
    """
    standings = [_standing(channel, messages.get(channel, {}), channel not in unreachable) for channel in channels]
    return sorted(standings, key=lambda standing: (not standing.reachable, -standing.rate))


def _standing(channel: str, outcomes: Mapping[str, Any], reachable: bool) -> Standing:
    sent = _last_30_days(outcomes, "sent")
    # One message may be opened often, and clicked as well.
    answered = min(sent, max(_last_30_days(outcomes, outcome) for outcome in ("opened", "clicked", "replied")))
    rate = (answered + _USUAL * _WEIGHT) / (sent + _WEIGHT)
    reason = f"{answered} of {sent} answered in 30 days" if reachable else "no live address"
    return Standing(channel, rate, reachable, reason)


def _last_30_days(outcomes: Mapping[str, Any], outcome: str) -> int:
    return int(outcomes.get(outcome, {}).get("last_30d", 0))
