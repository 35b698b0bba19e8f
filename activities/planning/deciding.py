"""Decisions: the planner that a step names chooses among the options that are open, and the log keeps why."""

from dataclasses import replace

from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.notes import write_down
from activities.planning.advising import Advising
from activities.planning.decided import Made, Options, as_choice
from activities.planning.language_model import Answered
from activities.planning.masking import Mask
from activities.spans import part_span
from activities.watching.rolled_back import as_usual
from deciding.knowing import Knowledge
from deciding.log import tell
from journeys.ids import decision_id
from journeys.rewards import USUAL, Rewards
from learning.planners.interface import Learner, Question
from learning.planners.registry import asks, inquiry_of, known_planners, learner_of, planner_settings
from learning.sampler.model import Model
from store.customers import find_customer
from store.database import Database
from store.planning import find_decision
from store.tables import PlannerDecision, Span
from workflows.ports import Choice, DecideRequest, RunRef


class Deciding:
    """The `decide` activity of one worker."""

    def __init__(self, database: Database, mask: Mask, advising: Advising, rewards: Rewards | None = None) -> None:
        """`rewards` are the project's, for decisions that say nothing of their own."""
        self._database = database
        self._mask = mask
        self._advising = advising
        self._rewards = rewards or USUAL
        self._knowledge = Knowledge()

    @activity.defn
    async def decide(self, request: DecideRequest) -> Choice:
        """Let the planner choose. Safe to retry: the same request gives the same choice.

        Raises ApplicationError, not retryable, when there is no such planner, or its settings are none.
        """
        _check(request)
        async with self._database.reading() as session:
            request = _factored(await as_usual(session, request))
        run = request.run
        drawn_by = decision_id(run.workflow_id, request.start.id, request.step_id, request.pass_)
        advised = await self._advised(request, drawn_by) if asks(request.planner) else None
        async with self._database.transaction() as session:
            row = await _known(session, run, drawn_by)
            if row is None:
                found = await self._decide(session, request, drawn_by, advised)
                row = await session.merge(found) if isinstance(found, PlannerDecision) else None
                if row is not None:
                    tell(session, row)
                choice = Choice(option=None, probability=0.0, why=str(found)) if row is None else as_choice(row)
            else:
                choice = as_choice(row)
            spans = [self._advising.span(request, drawn_by, advised)] if advised else []
            spans.append(_span(request, drawn_by, choice))
            await write_down(session, run, request.notes, *(span for span in spans if span))
        return choice

    async def _advised(self, request: DecideRequest, drawn_by: str) -> Answered | None:
        """What a language model says before the planner plans; None when there is nothing to ask.

        While the model is waited for no transaction is open. What became forbidden meanwhile, the planner finds
        when it checks the answer.
        """
        async with self._database.reading() as session:
            known = await _known(session, request.run, drawn_by)
            options = await self._open(session, request) if known is None else "it was decided before"
        if isinstance(options, str):
            return None
        question = _question(request, drawn_by, options.open)
        return await self._advising.advice(request, inquiry_of(request.planner, question))

    async def _decide(
        self, session: AsyncSession, request: DecideRequest, drawn_by: str, advised: Answered | None
    ) -> PlannerDecision | str:
        """The decision, or why there was nothing to choose."""
        options = await self._open(session, request)
        if isinstance(options, str):
            return options
        learner = learner_of(request.planner, request.settings, request.names)
        question = replace(
            _question(request, drawn_by, options.open),
            model=await self._model(session, request, learner),
            advice=advised.advice if advised else None,
        )
        plan = known_planners()[request.planner](question)
        return Made(request, question, options, plan, learner, advised).row(request.rewards or self._rewards)

    async def _open(self, session: AsyncSession, request: DecideRequest) -> Options | str:
        """The options that the policies leave open, or why there are none."""
        customer = await find_customer(session, request.run.customer_id)
        if customer is None or customer.erased_at is not None:
            return "the customer is not known"
        seen = await self._mask.look(session, request, customer)
        open_ = tuple(option for option in request.options if option not in seen.closed)
        if not open_:
            return "; ".join(f"{option}: {why}" for option, why in seen.closed.items())
        return Options(customer.id, open_, seen)

    async def _model(self, session: AsyncSession, request: DecideRequest, learner: Learner | None) -> Model | None:
        if learner is None:
            return None
        return await self._knowledge.model(session, request.run.journey, request.decision, learner, request.now)


async def _known(session: AsyncSession, run: RunRef, drawn_by: str) -> PlannerDecision | None:
    """The decision, where this run made it before."""
    row = await find_decision(session, drawn_by)
    return row if row is not None and row.first_run_id == run.first_run_id else None


def _question(request: DecideRequest, drawn_by: str, options: tuple[str, ...]) -> Question:
    return Question(
        drawn_by,
        options,
        turn=request.pass_,
        features=request.features,
        settings=request.settings,
        true=request.true,
    )


def _factored(request: DecideRequest) -> DecideRequest:
    """The request with what its options are made of among the settings, for a planner that can learn by it. What
    the journey says itself comes first."""
    if not request.factors or "factors" not in planner_settings()[request.planner].model_fields:
        return request
    made_of = {"factors": request.factors, "interacting": list(request.names)}
    return request.model_copy(update={"settings": made_of | request.settings})


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
