"""What of a journey is an experiment: its holdout, and every split. The control comes first."""

from journeys.model import Journey
from journeys.steps import Split, walk

ALONE, TREATED = "holdout", "journey"
"""The arms of a journey's holdout: whoever it leaves alone lives on as before it, and the others."""


def arms_of(journey: Journey, split: str) -> dict[str, float]:
    """The arms that have a weight, of a split or, without a name, of the holdout; none when there is none."""
    if not split:
        share = journey.holdout
        return {} if share is None else {ALONE: share, TREATED: 100 - share}
    for step in walk(journey.steps):
        if isinstance(step, Split) and step.split == split:
            return {arm.arm: float(arm.weight) for arm in step.arms if arm.weight}
    return {}


def splits_of(journey: Journey) -> tuple[str, ...]:
    """The names of a journey's splits."""
    return tuple(step.split for step in walk(journey.steps) if isinstance(step, Split))
