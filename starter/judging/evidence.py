"""What another planner would have brought, judged by the decisions that were recorded of the one that acted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from pydantic import JsonValue

from journeys.steps import conditions_of
from learning.evaluation.asking import Logged, judge_planner
from learning.evaluation.promotion import Evidence
from learning.planners.interface import Advice
from learning.planners.registry import asks, known_planners, learner_of, planner_settings
from learning.sampler.model import Model, seen
from starter.judging.masks import NotJudgeable, WhatIf
from store.database import Database
from store.lessons import sums_of
from store.planning import log_of
from store.tables import PlannerDecision

DAYS = 90
"""How far back the log is read, unless said otherwise."""
_MOST = 20_000


class NoEvidence(Exception):
    """The log cannot tell at all. The message says why, in a sentence."""


@dataclass(frozen=True)
class Candidate:
    """A planner that might take over at a decision point."""

    journey: str
    decision: str
    planner: str
    settings: Mapping[str, Any]
    features: Collection[str] | None = None
    """What it would look at; None is what the planner of today looks at."""
    what_if: WhatIf = field(default_factory=WhatIf)


async def evidence_for(database: Database, candidate: Candidate, days: int = DAYS) -> Evidence:
    """What the log of the last days says of a planner. Raises NoEvidence, and pydantic.ValidationError for
    settings that are none of it."""
    if any(conditions_of(cast(JsonValue, candidate.settings))):
        raise NoEvidence(
            "The log keeps features, not which conditions held: a rule with an 'if' cannot be judged by it."
        )
    now = datetime.now(UTC)
    async with database.reading() as session:
        rows = await log_of(session, candidate.journey, candidate.decision, now - timedelta(days=days), _MOST)
        settings = _made_of(rows, candidate.planner) | dict(candidate.settings)
        learner = learner_of(candidate.planner, settings, rows[-1].looks_at if rows else [])
        stored = await sums_of(session, candidate.journey, candidate.decision, learner.key) if learner else {}
    logged = _judgeable(rows, candidate, days)
    model: Model | None = seen(stored, now, learner.design, learner.habits) if learner and stored else None
    evidence = judge_planner(logged, known_planners()[candidate.planner], settings, model)
    return replace(evidence, refused=(*evidence.refused, *candidate.what_if.doubts()))


def _made_of(rows: Sequence[PlannerDecision], planner: str) -> dict[str, Any]:
    """The settings that say what the options are made of, as today's decisions have them, if the planner takes
    them: it is judged by what was learned with them."""
    taken = planner_settings()[planner].model_fields.keys() & {"factors", "interacting"}
    return {name: rows[-1].settings[name] for name in taken if rows and name in rows[-1].settings}


def _judgeable(rows: Sequence[PlannerDecision], candidate: Candidate, days: int) -> list[Logged]:
    """The decisions that the planner can be asked about. Raises NoEvidence."""
    what_if = candidate.what_if
    offered = {option for row in rows for option in (*row.options, *row.closed_options)}
    if offered and (unknown := set(what_if.only) - offered):
        raise NoEvidence(f"Nobody was ever offered '{min(unknown)}': what was never tried cannot be judged.")
    if rows and candidate.features is not None and set(candidate.features) != set(rows[-1].looks_at):
        raise NoEvidence("It looks at other features than the log has: nobody knows what it would have seen.")
    logged = _logged(_drawn([row for row in rows if row.closed and row.credit is not None]), what_if)
    if not logged:
        raise NoEvidence(
            f"No decision '{candidate.decision}' of '{candidate.journey}' in the last {days} days has a final "
            "reward yet; 'sojourn decision list' shows what there is."
        )
    if asks(candidate.planner) and not all(each.advice for each in logged):
        raise NoEvidence(
            f"'{candidate.planner}' has a language model asked, and the log has decisions where none was: nobody "
            "knows what it would have said. Let it run beside the planner of today, in an arm of a 'split'."
        )
    return logged


def _drawn(rows: Sequence[PlannerDecision]) -> Sequence[PlannerDecision]:
    """Those that were drawn among several options, if any were.

    Business as usual, for a share or after a roll-back, left nothing to chance: there the options that
    were not taken would count as if they never paid.
    """
    return [row for row in rows if row.probability < 1 or len(row.options) == 1] or rows


def _logged(rows: Sequence[PlannerDecision], what_if: WhatIf) -> list[Logged]:
    """The decisions as they could have been. Raises NoEvidence for policies that the log cannot judge."""
    found: list[Logged] = []
    for row in rows:
        try:
            options = what_if.options(row)
        except NotJudgeable as error:
            raise NoEvidence(f"These policies cannot be judged by this log: {error}.") from error
        advice = Advice.model_validate(row.advice) if row.advice else None
        known = (row.features, row.option, row.probability, row.credit or 0.0, advice)
        if options:
            found.append(Logged(row.id, row.customer_id, row.turn, options, *known))
    return found
