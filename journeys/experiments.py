"""What of a journey is an experiment: its holdout, business as usual, and every split. The control comes first."""

from journeys.model import Journey
from journeys.steps import Split, walk
from journeys.usual import AS_USUAL

ALONE, TREATED = "holdout", "journey"
"""The arms of a journey's holdout: whoever it leaves alone lives on as before it, and the others."""
PLANNED = "planned"
"""The arm beside business as usual: those for whom planners decide."""


def arms_of(journey: Journey, split: str) -> dict[str, float]:
    """The arms that have a weight, of a split, of business as usual or, without a name, of the holdout; none when
    there is none."""
    if not split:
        return of_share(journey.holdout, ALONE, TREATED)
    if split == AS_USUAL:
        return of_share(journey.as_usual, AS_USUAL, PLANNED)
    for step in walk(journey.steps):
        if isinstance(step, Split) and step.split == split:
            return {arm.arm: float(arm.weight) for arm in step.arms if arm.weight}
    return {}


def splits_of(journey: Journey) -> tuple[str, ...]:
    """The names of a journey's splits, business as usual among them."""
    splits = tuple(step.split for step in walk(journey.steps) if isinstance(step, Split))
    return splits if journey.as_usual is None else (*splits, AS_USUAL)


def of_share(percent: float | None, control: str, others: str) -> dict[str, float]:
    """The arms of a share that is left out of something; none when nobody is."""
    return {} if percent is None else {control: percent, others: 100 - percent}
