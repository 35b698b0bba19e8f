"""A decision that was made, as the log of decisions and the audit log keep it."""

from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from activities.language_model import Answered
from activities.masking import Seen
from journeys.rewards import Rewards
from learning.planners.interface import Learner, Plan
from store.audit import record
from store.tables import PlannerDecision
from workflows.ports import Choice, DecideRequest


@dataclass(frozen=True)
class Options:
    """What a customer could be offered."""

    customer_id: str
    open: tuple[str, ...]
    seen: Seen
    """What the policies said, and why they close the others."""


@dataclass(frozen=True)
class Made:
    """One decision, with all that led to it."""

    request: DecideRequest
    drawn_by: str
    options: Options
    plan: Plan
    learner: Learner | None
    advised: Answered | None

    def row(self, rewards: Rewards) -> PlannerDecision:
        """The decision's row of the log. `rewards` say what its outcomes will be worth."""
        request, plan, run = self.request, self.plan, self.request.run
        return PlannerDecision(
            id=self.drawn_by,
            customer_id=self.options.customer_id,
            workflow_id=run.workflow_id,
            first_run_id=run.first_run_id,
            journey=run.journey,
            version=run.version,
            step_id=request.step_id,
            turn=request.pass_,
            decision=request.decision,
            agent=request.agent,
            planner=request.planner,
            learned_as=self.learner.key if self.learner else "",
            model=plan.version,
            options=list(self.options.open),
            closed_options=self.options.seen.closed,
            judged=self.options.seen.judged,
            features=request.features,
            looks_at=list(request.names),
            settings=request.settings,
            probabilities=dict(plan.probabilities),
            option=plan.option,
            probability=plan.probability,
            expected=dict(plan.expected),
            confidence=plan.confidence,
            why=plan.why,
            advice=_advice(self.advised) if self.advised else {},
            steps=list(request.steps.get(plan.option, ())),
            rewards=rewards.model_dump(mode="json"),
            goal=request.goal.model_dump(mode="json") if request.goal else {},
            start_id=request.start.id,
            decided_at=request.now,
            closes_at=rewards.closes_at(request.now),
            cost=rewards.costs.get(plan.option, 0.0),
        )


def _advice(advised: Answered) -> dict[str, Any]:
    """Advice as the log keeps it, with what it cost."""
    cost = {
        "model": advised.model,
        "input_tokens": advised.input_tokens,
        "output_tokens": advised.output_tokens,
        "seconds": round(advised.seconds, 3),
    }
    return advised.advice.model_dump(mode="json") | cost


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


def as_choice(row: PlannerDecision) -> Choice:
    """What the run is told of a decision."""
    return Choice(option=row.option, probability=row.probability, why=row.why, confidence=row.confidence)
