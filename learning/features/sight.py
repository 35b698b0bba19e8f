"""What a condition sees of a customer: of their attributes and features what it asks for, and nothing else."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from journeys.features import FEATURES
from journeys.times import zone_or_utc
from learning.features.document import Features, view
from learning.features.responses import hours
from learning.scores.interface import Score, Subject
from learning.scores.registry import seen, work_out


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
    scores = {"scores": seen(scores_of(attributes, features, now, named["scores"]))} if "scores" in wanted else {}
    return {**given, **view(features, now, wanted), **scores}


def scores_of(
    attributes: Mapping[str, Any], features: Features, now: datetime, names: Collection[str] = ()
) -> dict[str, Score | dict[str, Score]]:
    """The scores of a customer at a moment, in UTC; no names are all."""
    subject = subject_of(attributes.get("time_zone"), features, now)
    return work_out(subject, features.get("fits", {}), names)


def subject_of(time_zone: str | None, features: Features, now: datetime) -> Subject:
    """A customer as scores see them. Hours are those of their own clock, or UTC's where it is unknown."""
    ahead = now.astimezone(zone_or_utc(time_zone)).utcoffset() or timedelta(0)
    return Subject(
        features, int(now.timestamp()), hours(features.get("responses", {}), int(ahead.total_seconds()))
    )
