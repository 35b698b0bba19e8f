"""Decisions as the log of decisions and the audit log keep them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.rewards import Rewards
from learning.planners.interface import Learner, Plan, Question
from store.audit import record
from store.tables import PlannerDecision


def row_of(
    question: Question,
    plan: Plan,
    learner: Learner | None,
    rewards: Rewards,
    looks_at: Collection[str],
    now: datetime,
    **where: Any,
) -> PlannerDecision:
    """A decision's row of the log. `rewards` say what its outcomes will be worth, `looks_at` names the features
    that it declares, and `where` has the columns that tell where and for whom it was taken, at `now` in UTC."""
    return PlannerDecision(
        id=question.decision_id,
        turn=question.turn,
        learned_as=learner.key if learner else "",
        model=plan.version,
        options=list(question.options),
        features=dict(question.features),
        looks_at=list(looks_at),
        settings=dict(question.settings),
        probabilities=dict(plan.probabilities),
        option=plan.option,
        probability=plan.probability,
        expected=dict(plan.expected),
        confidence=plan.confidence,
        why=plan.why,
        rewards=rewards.model_dump(mode="json"),
        decided_at=now,
        closes_at=rewards.closes_at(now),
        cost=rewards.costs.get(plan.option, 0.0),
        **where,
    )


def tell(session: AsyncSession, row: PlannerDecision) -> None:
    """Write a decision into the audit log; what it rests on stands in the log of decisions."""
    facts = {
        "workflow_id": row.workflow_id,
        "journey": row.journey,
        "journey_version": row.version,
        "step_id": row.step_id,
        "planner": row.planner,
        "model": row.model,
        "options": row.options,
        "option": row.option,
        "probability": row.probability,
    }
    subject, at = f"decision:{row.id}", row.decided_at
    record(session, "decision", subject, f"planner:{row.planner}", facts, at=at, customer_id=row.customer_id)
