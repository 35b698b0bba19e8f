"""A decision that was made in a run, as the log of decisions keeps it."""

from dataclasses import dataclass
from typing import Any

from activities.planning.language_model import Answered
from activities.planning.masking import Seen
from deciding.log import row_of
from journeys.rewards import Rewards
from learning.planners.interface import Learner, Plan, Question
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
    question: Question
    options: Options
    plan: Plan
    learner: Learner | None
    advised: Answered | None

    def row(self, rewards: Rewards) -> PlannerDecision:
        """The decision's row of the log. `rewards` say what its outcomes will be worth."""
        request, run = self.request, self.request.run
        return row_of(
            self.question,
            self.plan,
            self.learner,
            rewards,
            request.names,
            request.now,
            customer_id=self.options.customer_id,
            workflow_id=run.workflow_id,
            first_run_id=run.first_run_id,
            journey=run.journey,
            version=run.version,
            step_id=request.step_id,
            decision=request.decision,
            agent=request.agent,
            planner=request.planner,
            closed_options=self.options.seen.closed,
            judged=self.options.seen.judged,
            advice=_advice(self.advised) if self.advised else {},
            steps=list(request.steps.get(self.plan.option, ())),
            goal=request.goal.model_dump(mode="json") if request.goal else {},
            start_id=request.start.id,
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


def as_choice(row: PlannerDecision) -> Choice:
    """What the run is told of a decision."""
    return Choice(option=row.option, probability=row.probability, why=row.why, confidence=row.confidence)
