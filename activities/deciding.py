"""Decisions: the planner that a step names chooses among the options that are open."""

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.notes import write_down
from activities.spans import part_span
from journeys.ids import decision_id
from learning.planners.interface import Question
from learning.planners.registry import planners_of_journeys
from store.database import Database
from store.timeline import write_spans
from workflows.ports import Choice, DecideRequest


class Deciding:
    """The `decide` activity of one worker."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn
    async def decide(self, request: DecideRequest) -> Choice:
        """Let the planner choose. Safe to retry: the same request gives the same choice.

        Raises ApplicationError, not retryable, when there is no such planner.
        """
        planner = planners_of_journeys().get(request.planner)
        if planner is None:
            known = ", ".join(planners_of_journeys())
            raise ApplicationError(
                f"there is no planner '{request.planner}'; there are: {known}",
                type="planner.unknown",
                non_retryable=True,
            )
        run = request.run
        drawn_by = decision_id(run.workflow_id, request.start_id, request.step_id, request.pass_)
        plan = planner(Question(drawn_by, request.options, turn=request.pass_))
        span = part_span(
            request,
            f"decide {request.decision}",
            drawn_by,
            request.now,
            request.now,
            plan.option,
            plan.why,
            **{
                "journey.decision.id": drawn_by,
                "journey.decision.name": request.decision,
                "journey.decision.planner": request.planner,
                "journey.decision.options": ", ".join(request.options),
                "journey.decision.probability": plan.probability,
            },
        )
        async with self._database.transaction() as session:
            await write_down(session, run, request.notes)
            await write_spans(session, [span])
        return Choice(option=plan.option, probability=plan.probability, why=plan.why)
