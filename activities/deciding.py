"""Decisions: the planner that a step names chooses among the options that are open, and the log keeps why."""

from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.knowing import Knowledge
from activities.masking import Mask
from activities.notes import write_down
from activities.spans import part_span
from journeys.ids import decision_id
from journeys.rewards import USUAL, Rewards
from learning.planners.interface import Learner, Plan, Question
from learning.planners.registry import known_planners, learner_of, planner_settings
from store.audit import record
from store.customers import find_customer
from store.database import Database
from store.planning import find_decision
from store.tables import Customer, PlannerDecision, Span
from workflows.ports import Choice, DecideRequest


class Deciding:
    """The `decide` activity of one worker."""

    def __init__(self, database: Database, mask: Mask, rewards: Rewards | None = None) -> None:
        """`rewards` are the project's, for decisions that say nothing of their own."""
        self._database = database
        self._mask = mask
        self._rewards = rewards or USUAL
        self._knowledge = Knowledge()

    @activity.defn
    async def decide(self, request: DecideRequest) -> Choice:
        """Let the planner choose. Safe to retry: the same request gives the same choice.

        Raises ApplicationError, not retryable, when there is no such planner, or its settings are none.
        """
        _check(request)
        run = request.run
        drawn_by = decision_id(run.workflow_id, request.start.id, request.step_id, request.pass_)
        async with self._database.transaction() as session:
            row = await find_decision(session, drawn_by)
            if row is None or row.first_run_id != run.first_run_id:
                found = await self._decide(session, request, drawn_by)
                row = await session.merge(found) if isinstance(found, PlannerDecision) else None
                if row is not None:
                    _tell(session, row)
                choice = Choice(option=None, probability=0.0, why=str(found)) if row is None else _choice(row)
            else:
                choice = _choice(row)
            await write_down(session, run, request.notes, _span(request, drawn_by, choice))
        return choice

    async def _decide(self, session: AsyncSession, request: DecideRequest, drawn_by: str) -> PlannerDecision | str:
        """The decision, or why there was nothing to choose."""
        customer = await find_customer(session, request.run.customer_id)
        if customer is None or customer.erased_at is not None:
            return "the customer is not known"
        closed = await self._mask.closed(session, request, customer)
        open_ = tuple(option for option in request.options if option not in closed)
        if not open_:
            return "; ".join(f"{option}: {why}" for option, why in closed.items())
        learner = learner_of(request.planner, request.settings, request.names)
        plan = known_planners()[request.planner](await self._question(session, request, drawn_by, open_, learner))
        return self._record(request, drawn_by, customer, closed, plan, learner)

    async def _question(
        self,
        session: AsyncSession,
        request: DecideRequest,
        drawn_by: str,
        options: tuple[str, ...],
        learner: Learner | None,
    ) -> Question:
        model = None
        if learner is not None:
            journey, now = request.run.journey, request.now
            model = await self._knowledge.model(session, journey, request.decision, learner, now)
        return Question(
            drawn_by,
            options,
            turn=request.pass_,
            features=request.features,
            settings=request.settings,
            true=request.true,
            model=model,
        )

    def _record(
        self,
        request: DecideRequest,
        drawn_by: str,
        customer: Customer,
        closed: dict[str, str],
        plan: Plan,
        learner: Learner | None,
    ) -> PlannerDecision:
        rewards, run = request.rewards or self._rewards, request.run
        return PlannerDecision(
            id=drawn_by,
            customer_id=customer.id,
            workflow_id=run.workflow_id,
            first_run_id=run.first_run_id,
            journey=run.journey,
            version=run.version,
            step_id=request.step_id,
            turn=request.pass_,
            decision=request.decision,
            agent=request.agent,
            planner=request.planner,
            learned_as=learner.key if learner else "",
            model=plan.version,
            options=[option for option in request.options if option not in closed],
            closed_options=closed,
            features=request.features,
            looks_at=list(request.names),
            settings=request.settings,
            probabilities=dict(plan.probabilities),
            option=plan.option,
            probability=plan.probability,
            why=plan.why,
            steps=list(request.steps.get(plan.option, ())),
            rewards=rewards.model_dump(mode="json"),
            goal=request.goal.model_dump(mode="json") if request.goal else {},
            start_id=request.start.id,
            decided_at=request.now,
            closes_at=rewards.closes_at(request.now),
            cost=rewards.costs.get(plan.option, 0.0),
        )


def _tell(session: AsyncSession, row: PlannerDecision) -> None:
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


def _check(request: DecideRequest) -> None:
    if request.planner not in known_planners():
        known = ", ".join(known_planners())
        raise ApplicationError(
            f"there is no planner '{request.planner}'; there are: {known}",
            type="planner.unknown",
            non_retryable=True,
        )
    try:
        planner_settings()[request.planner].model_validate(request.settings)
    except ValidationError as error:
        first = error.errors()[0]
        raise ApplicationError(
            f"the planner '{request.planner}' cannot work with its settings: {first['msg']}",
            type="planner.settings",
            non_retryable=True,
        ) from error


def _choice(row: PlannerDecision) -> Choice:
    return Choice(option=row.option, probability=row.probability, why=row.why)


def _span(request: DecideRequest, drawn_by: str, choice: Choice) -> Span:
    """The decision as the trace tells it."""
    return part_span(
        request,
        f"decide {request.decision}",
        drawn_by,
        request.now,
        request.now,
        choice.option or "nothing",
        choice.why,
        **{
            "journey.decision.id": drawn_by,
            "journey.decision.name": request.decision,
            "journey.decision.planner": request.planner,
            "journey.decision.options": ", ".join(request.options),
            "journey.decision.probability": choice.probability,
        },
    )
