"""When a customer opens and clicks messages, by channel. The best hours are worked out from this."""

from collections.abc import Collection
from typing import Any

from journeys.events import OUTCOMES
from learning.features.messages import channel_of
from learning.features.observed import HOUR, Observed, State


def fold(state: State, event: Observed) -> State:
    """Count an open or a click at its hour, in UTC. The order in which events come does not matter."""
    if OUTCOMES.get(event.name) not in ("opened", "clicked"):
        return state
    if channel := channel_of(event):
        hour = str(event.at // HOUR % 24)
        counts = state.setdefault(channel, {})
        counts[hour] = counts.get(hour, 0) + 1
    return state


def merge(one: State, other: State) -> State:
    """The responses of two customers who are one."""
    return {
        channel: {
            hour: one.get(channel, {}).get(hour, 0) + other.get(channel, {}).get(hour, 0)
            for hour in sorted({*one.get(channel, {}), *other.get(channel, {})}, key=int)
        }
        for channel in {*one, *other}
    }


def view(state: State, now: int, asked: Collection[str]) -> dict[str, Any]:
    """The counts by channel and hour, in UTC."""
    return state


def hours(state: State, ahead: int) -> dict[str, list[int]]:
    """By channel, the hour of each response on a clock that is so many seconds ahead of UTC."""
    shift = round(ahead / HOUR)
    return {
        channel: [(int(hour) + shift) % 24 for hour, count in sorted(counts.items()) for _ in range(count)]
        for channel, counts in state.items()
    }
