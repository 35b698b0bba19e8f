"""What a condition sees of a customer: of their attributes and features what it asks for, and nothing else."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from journeys.features import FEATURES
from learning.features.document import Features, view


def asks_for_features(asked: Mapping[str, Collection[str]] | None) -> bool:
    """Whether anything that is asked for is a feature. None asks for everything."""
    return asked is None or not FEATURES.keys().isdisjoint(asked)


def see(
    attributes: Mapping[str, Any], features: Features, now: datetime, asked: Mapping[str, Collection[str]] | None
) -> dict[str, Any]:
    """The customer as conditions see them at a moment, in UTC. `asked` is what they name; None is everything.

    What is worked out from events goes before an attribute of the same name that somebody has sent.
    """
    named = dict[str, Collection[str]].fromkeys(FEATURES, ()) if asked is None else asked
    given = attributes if asked is None else {name: attributes[name] for name in asked if name in attributes}
    wanted = {name: below for name, below in named.items() if name in FEATURES}
    return {**given, **view(features, now, wanted)}
