"""A customer's features as one JSON document: folded event by event, merged, and seen at a moment."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import from_json, to_json

from learning.features import activity, carts, counts, interests, messages, orders, responses, sessions
from learning.features.observed import Observed, State

Features = dict[str, State]
"""By the name that conditions have for it, each part's own state. Empty for a customer without events."""


@dataclass(frozen=True)
class Part:
    """One group of features: how an event changes it, how those of two customers become one, how it is seen.

    `fold` may change the state that it is given. `view` takes the moment, in seconds since 1970, and the names
    that are asked for; none is all.
    """

    fold: Callable[[State, Observed], State]
    merge: Callable[[State, State], State]
    view: Callable[[State, int, Collection[str]], dict[str, Any]]


PARTS: Mapping[str, Part] = {
    "events": Part(counts.fold, counts.merge, counts.view),
    "session": Part(sessions.fold, sessions.merge, sessions.view),
    "interests": Part(interests.fold, interests.merge, interests.view),
    "cart": Part(carts.fold, carts.merge, carts.view),
    "orders": Part(orders.fold, orders.merge, orders.view),
    "messages": Part(messages.fold, messages.merge, messages.view),
    "activity": Part(activity.fold, activity.merge, activity.view),
    "responses": Part(responses.fold, responses.merge, responses.view),
}

Asked = Mapping[str, Collection[str]]
"""The parts that are asked for, and what of each; nothing named is the whole of it."""


def fold(features: Features, event: Observed) -> Features:
    """The features after an event. The document that is given stays as it was."""
    return fold_all(features, [event])


def fold_all(features: Features, events: Iterable[Observed]) -> Features:
    """The features after several events, each of which is told once."""
    folded = _copy(features)
    for event in events:
        for name, part in PARTS.items():
            state = part.fold(folded.get(name, {}), event)
            if state:
                folded[name] = state
    return folded


def merge_features(one: Features, other: Features) -> Features:
    """The features of two customers who turn out to be one. It does not matter which is named first."""
    here, there = _copy(one), _copy(other)
    merged = {name: part.merge(here.get(name, {}), there.get(name, {})) for name, part in PARTS.items()}
    return {name: state for name, state in merged.items() if state}


def view(features: Features, now: datetime, asked: Asked | None = None) -> dict[str, Any]:
    """What conditions see of the features at a moment, in UTC. Of `asked` only; None is everything."""
    seconds = int(now.timestamp())
    named = dict.fromkeys(PARTS, ()) if asked is None else asked
    return {
        name: PARTS[name].view(features.get(name, {}), seconds, wanted)
        for name, wanted in named.items()
        if name in PARTS
    }


def _copy(features: Features) -> Features:
    """The document is JSON, and JSON is copied faster than any object."""
    return from_json(to_json(features))
