"""`customer.messages`: how often messages were sent over each channel, and what the customer did with them.

What was sent stands in the ledger, which is read beside the document where it is asked for; what came of it is
told by events. Each open and each click counts, also of the same message.
"""

from collections.abc import Collection, Iterable
from typing import Any

from journeys.events import OUTCOMES
from learning.features import buckets
from learning.features.observed import DAY, Observed, State, as_time, days_between, word

TOLD = ("delivered", "opened", "clicked", "replied", "bounced")
"""What becomes of messages, as far as it is counted."""
SENT = "sent"
"""Where the moments stand, in seconds since 1970, at which messages were sent, by channel."""
_BY_NAME = {"Email": "email", "Push": "push"}
"""The channel, by the first word of an outcome's name; other outcomes name theirs in the property `channel`."""
_DAYS = 30
_MOST_CHANNELS = 20


def channel_of(event: Observed) -> str:
    """The channel of the message whose outcome an event tells; empty when it does not say."""
    return _BY_NAME.get(event.name.split()[0]) or word(event.properties.get("channel"))


def fold(state: State, event: Observed) -> State:
    """Count what became of a message. The order in which events come does not matter."""
    outcome = OUTCOMES.get(event.name)
    channel = channel_of(event) if outcome in TOLD else ""
    if not channel or (channel not in state and len(state) >= _MOST_CHANNELS):
        return state
    known = state.setdefault(channel, {}).setdefault(outcome, _nothing(event.at))
    _count(known, event.at)
    return state


def merge(one: State, other: State) -> State:
    """The messages of two customers who are one."""
    return {channel: _both(one.get(channel, {}), other.get(channel, {})) for channel in sorted({*one, *other})}


def view(state: State, now: int, asked: Collection[str]) -> dict[str, Any]:
    """The messages at a moment; channels that are asked for by name are there even when nothing was sent."""
    sent, told = state.get(SENT, {}), {channel: of for channel, of in state.items() if channel != SENT}
    return {
        channel: {
            SENT: _seen(_counted(sent.get(channel, ())), now),
            **{outcome: _seen(told.get(channel, {}).get(outcome), now) for outcome in TOLD},
        }
        for channel in asked or sorted({*sent, *told})
    }


def days(state: State, channel: str, outcome: str) -> Iterable[str]:
    """The days, by their numbers since 1970, that a window over an outcome counts."""
    known = (
        _counted(state.get(SENT, {}).get(channel, ())) if outcome == SENT else state.get(channel, {}).get(outcome)
    )
    return known["d"] if known else ()


def _both(one: State, other: State) -> State:
    return {
        outcome: _sum([state[outcome] for state in (one, other) if outcome in state]) for outcome in {*one, *other}
    }


def _sum(found: list[State]) -> State:
    together = found[0]
    for more in found[1:]:
        together = {
            "n": together["n"] + more["n"],
            "first": min(together["first"], more["first"]),
            "last": max(together["last"], more["last"]),
            "d": buckets.merge(together["d"], more["d"], _DAYS),
        }
    return together


def _nothing(at: int) -> State:
    return {"n": 0, "first": at, "last": at, "d": {}}


def _count(known: State, at: int) -> None:
    known["n"] += 1
    known["first"], known["last"] = min(known["first"], at), max(known["last"], at)
    buckets.add(known["d"], at // DAY, _DAYS)


def _counted(moments: Iterable[int]) -> State | None:
    known: State | None = None
    for at in moments:
        known = known or _nothing(at)
        _count(known, at)
    return known


def _seen(known: State | None, now: int) -> dict[str, Any]:
    if known is None:
        return {"count": 0, "last_7d": 0, "last_30d": 0}
    return {
        "count": known["n"],
        "last_7d": buckets.last(known["d"], now // DAY, 7),
        "last_30d": buckets.last(known["d"], now // DAY, 30),
        "first_at": as_time(known["first"]),
        "last_at": as_time(known["last"]),
        "days_since": days_between(known["last"], now),
    }
