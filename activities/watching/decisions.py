"""How a journey's decisions look: whether customers and rewards drift, whether planners explore, whether the
logged odds and forecasts are true, and whether offers are fair. They look back over days, so that once an hour is
enough."""

from collections.abc import Sequence
from datetime import timedelta

from activities.watching.sight import Look, Sight
from learning.guardrails.calibration import judge_calibration, judge_forecasts
from learning.guardrails.drift import judge_drift
from learning.guardrails.exploration import judge_exploration
from learning.guardrails.fairness import judge_fairness
from learning.guardrails.level import Level, Reading
from learning.guardrails.log import Logged
from store.planning import Point, choices_since
from store.reception import offers_by_segment
from store.tables import PlannerDecision

_EVERY = timedelta(minutes=55)
_WEEK, _MONTH = timedelta(days=7), timedelta(days=30)
_MOST = 20_000
"""Decisions of a journey, the latest."""
_TOO_LITTLE = "too little happened of late to say"
NAMES = ("drift", "exploration", "calibration", "forecasts", "fairness")


async def watch_decisions(look: Look) -> list[Sight]:
    """Every guardrail over the journey's decisions and offers; nothing when they were looked at just now."""
    seen = [row.looked_at for name in NAMES if (row := look.known.get((name, "")))]
    if seen and max(seen) > look.now - _EVERY:
        return []
    rows = await choices_of(look)
    week = look.now - _WEEK
    before, rules = [row for row in rows if row.at < week], look.rules
    offers = await offers_by_segment(
        look.session, look.journey, rules.fairness.segments, look.now - _MONTH, look.now
    )
    readings = {
        "drift": judge_drift(before, _lately(look, "drift", rows), rules.drift),
        "exploration": judge_exploration(_lately(look, "exploration", rows), rules.exploration),
        "calibration": judge_calibration(_lately(look, "calibration", rows), rules.calibration),
        "forecasts": judge_forecasts(_since_armed(look, "forecasts", rows), rules.forecasts),
        "fairness": judge_fairness(offers, rules.fairness),
    }
    sights = [Sight(name, "", reading) for name, reading in readings.items() if reading]
    gone = [row for name, reading in readings.items() if not reading and (row := look.known.get((name, "")))]
    return [*sights, *(Sight(row.name, "", Reading(Level.CALM, 0.0, row.limit, _TOO_LITTLE)) for row in gone)]


async def choices_of(look: Look) -> list[Logged]:
    """What planners chose in the journey in the last week and the month before it."""
    found = await choices_since(look.session, look.journey, look.now - _WEEK - _MONTH, _MOST)
    # What a later turn of an agent brings still changes what the earlier ones count with.
    open_ = {_point(row) for row in found if row.agent and not row.closed}
    return [
        Logged(
            row.decided_at,
            row.decision,
            bool(row.learned_as),
            row.features,
            row.probabilities,
            row.option,
            row.credit,
            row.expected.get(row.option),
            row.closed and _point(row) not in open_,
        )
        for row in found
    ]


def _point(row: PlannerDecision) -> Point:
    return Point(row.workflow_id, row.first_run_id, row.step_id)


def _lately(look: Look, name: str, rows: Sequence[Logged]) -> list[Logged]:
    """Those of the last week, and since the guardrail was armed again."""
    return [row for row in _since_armed(look, name, rows) if row.at >= look.now - _WEEK]


def _since_armed(look: Look, name: str, rows: Sequence[Logged]) -> list[Logged]:
    """Those since the guardrail was armed again: what comes of decisions is settled long after them."""
    armed = look.rearmed_at(name)
    return [row for row in rows if armed is None or row.at >= armed]
