"""What every step needs of a run: to wait, to be interrupted, to record, to ask the world."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NoReturn, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeUpdate

from journeys.conditions import uses
from journeys.course import Course
from journeys.features import asked_of
from journeys.interrupts import Interrupt
from journeys.model import Journey
from journeys.parts import ApprovalRule
from journeys.requests import REQUESTED_BY, waited_for
from journeys.steps import Arm, Split, Step, expressions
from journeys.times import resolve_moment, zone_or_utc
from workflows import ports
from workflows.memory import Memory
from workflows.narrative import describe
from workflows.ports import RunRef
from workflows.search_attributes import JOURNEY_STAGE
from workflows.state import Doing, Move, RunInput, RunResult

Result = TypeVar("Result")

HISTORY_LIMIT = 2_000
"""Events after which a run continues as new. Far below the server's limit, so that replays stay quick."""
ATTEMPT = timedelta(seconds=30)
GIVE_UP = timedelta(hours=24)
_FLOOD = timedelta(minutes=1)
RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5))


class Interrupted(Exception):
    """Something ended the run before its last step."""


class Ended(Exception):
    """A step ended the run."""

    def __init__(self, outcome: str, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


class GoalReached(Exception):
    """An agent reached its goal; what it had under way stops."""

    def __init__(self, agent: str) -> None:
        super().__init__(agent)
        self.agent = agent


class Conduct:
    """The means of one run. Steps are functions over it."""

    def __init__(self, given: RunInput) -> None:
        info = workflow.info()
        self.given = given
        self.journey = given.journey
        self.course = Course(given.journey)
        self.ref = RunRef(
            workflow_id=info.workflow_id,
            first_run_id=info.first_execution_run_id,
            journey=given.journey.journey,
            version=given.journey.version,
            customer_id=given.customer_id,
        )
        self.memory = Memory(given, self.ref, workflow.now())
        self.doing: Doing = "waiting"
        self.pauses = False
        """Whether the run does nothing but wait at this moment, and could as well wait elsewhere."""
        self.given_to_tool: dict[str, Any] = {}
        """What the business action under way is given, as its step began; a person may be asked about it."""
        self._told_refused: datetime | None = None
        self.move: Move | None = None
        """The version under which it is to go on, as soon as it wakes."""

    async def pause(self, until: datetime, summary: str, woken: Callable[[], bool] = lambda: False) -> None:
        """Wait until a time, or until `woken`. Raises Interrupted the moment something ends the run.

        With a long history the run continues as new, and goes on waiting.
        """
        state = self.memory.state
        state.deadline = until
        if state.approval is None:
            self.now_doing("waiting")
        end_of_life = state.started_at + self.journey.life
        while not woken():
            self.stop_if_interrupted()
            remaining = min(until, end_of_life) - workflow.now()
            if remaining <= timedelta(0):
                break
            self.continue_if_long()
            timed_out = await self._rest(remaining, summary, woken)
            move, self.move = self.move, None
            self.stop_if_interrupted()
            if move is not None:
                await self._move_on(move)
            if timed_out:
                break
        if not woken() and workflow.now() >= end_of_life:
            self.memory.interrupt(Interrupt(kind="life", reason="the journey reached its maximum life"))
        self.stop_if_interrupted()

    async def _rest(self, remaining: timedelta, summary: str, woken: Callable[[], bool]) -> bool:
        """Wait until something happens; gives whether the time was over first."""
        self.pauses = True
        try:
            await workflow.wait_condition(
                # A run that is to move leaves what came to its new version, which may judge it otherwise.
                lambda: self._is_interrupted() or self.move is not None or woken() or self._is_long(),
                timeout=remaining,
                timeout_summary=summary,
            )
        except TimeoutError:
            return True
        finally:
            self.pauses = False
        return False

    def continue_if_long(self) -> None:
        """Continue as new when the history is long; the step the run is at then goes on where it was."""
        if self._is_long():
            workflow.continue_as_new(self.given.model_copy(update={"state": self.memory.state}))

    def deadline(self, moment: str) -> datetime:
        """When the wait at this step ends: as it was before the run continued as new, or from now."""
        zone = zone_or_utc(self.memory.state.time_zone)
        return self.memory.state.deadline or resolve_moment(moment, workflow.now(), zone)

    def stop_if_interrupted(self) -> None:
        """Raise Interrupted or GoalReached when the step under way must not go on."""
        if self.memory.state.interrupt is not None:
            raise Interrupted
        agent = self.memory.reached()
        if agent is not None and agent != self.memory.state.at:
            raise GoalReached(agent)

    async def perceive(self, step: Step) -> None:
        """Look at what the step's expressions ask of the customer, if they do. Costs one event."""
        if not any(uses(expression, "customer") for expression in expressions(step)):
            return
        asked = asked_of(expressions(step))
        view = await workflow.execute_local_activity(
            ports.perceive,
            ports.PerceiveRequest(customer_id=self.given.customer_id, now=workflow.now(), asked=asked),
            start_to_close_timeout=ATTEMPT,
            retry_policy=RETRY,
        )
        self.memory.state.customer = view.attributes
        self.memory.state.time_zone = view.time_zone or self.memory.state.time_zone

    async def assign(self, step: Split, drawn: Arm) -> ports.Assigned:
        """Ask whether the customer may go the arm that was drawn for them. Costs one event."""
        control = next(arm for arm in step.arms if arm.weight)
        return await workflow.execute_local_activity(
            ports.assign,
            ports.AssignRequest(
                customer_id=self.given.customer_id,
                journey=self.journey.journey,
                split=step.split,
                arm=drawn.arm,
                control=control.arm,
            ),
            start_to_close_timeout=ATTEMPT,
            retry_policy=RETRY,
        )

    def finish(self, step: Step, outcome: str, detail: str = "", *causes: str, **facts: str | int | float) -> None:
        """Record a finished step and make ready for the next."""
        self.memory.finish(step, workflow.now(), outcome, detail, [c for c in causes if c], **facts)

    def terms(self, rule: ApprovalRule | None) -> ports.ApprovalTerms:
        """How a person is asked."""
        requester = str(self.memory.start.properties.get(REQUESTED_BY, ""))
        return terms_of(self.journey, rule).model_copy(update={"requester": requester})

    def confidence(self, step: Step) -> float | None:
        """The probability with which a planner chose that a step is done; None when none did."""
        chosen_by = self.course.chosen_by(step)
        return self.memory.state.confidence.get(chosen_by) if chosen_by else None

    async def uninterrupted(self, under_way: workflow.ActivityHandle[Result]) -> Result:
        """Wait for an activity. An interrupt cancels its retries; an attempt under way is waited for."""
        self.now_doing("sending")
        await workflow.wait_condition(lambda: under_way.done() or self._is_interrupted())
        if not under_way.done():
            under_way.cancel()
        return await under_way

    def now_doing(self, what: Doing) -> None:
        """Say in the Temporal UI what the run is doing."""
        self.doing = what
        workflow.set_current_details(describe(self.given, self.memory.state, self.course, what))

    async def write_notes(self) -> None:
        """Write what was recorded now, because no other activity runs soon."""
        notes = self.memory.notes()
        await self._write(notes)
        self.memory.written(notes)

    async def tell_refused(self) -> None:
        """Write that raw signals did not count: the first in a minute at once. Of a flood the others come with the
        next of these or of the run's own steps, so that the history does not grow by it."""
        now = workflow.now()
        if self._told_refused is None or now - self._told_refused >= _FLOOD:
            self._told_refused = now
            # Taken before they are written: one that comes meanwhile is another.
            await self._write(ports.Notes(refused=self.memory.take_refused()))

    async def _write(self, notes: ports.Notes) -> None:
        await workflow.execute_local_activity(
            ports.write_notes,
            ports.NoteRequest(run=self.ref, notes=notes),
            start_to_close_timeout=ATTEMPT,
            retry_policy=RETRY,
        )

    async def close(self, outcome: str, reason: str) -> RunResult:
        """Write the end. A local activity: it costs one event and no further task."""
        show(JOURNEY_STAGE.value_set(outcome))
        self.now_doing("ended")
        trace = self.memory.start.traceparent
        request = ports.CloseRequest(
            run=self.ref,
            started_at=self.memory.state.started_at,
            ended_at=workflow.now(),
            outcome=outcome,
            reason=reason,
            causes=(trace,) if trace else (),
            asked=self.memory.start if waited_for(self.memory.start) else None,
            notes=self.memory.notes(),
        )
        await workflow.execute_local_activity(
            ports.close_run, request, start_to_close_timeout=ATTEMPT, retry_policy=RETRY
        )
        await workflow.wait_condition(workflow.all_handlers_finished)
        return RunResult(outcome=outcome, reason=reason)

    async def _move_on(self, move: Move) -> NoReturn:
        """Go on under another version, at the same step and with the same deadline."""
        self.memory.note_move(self.journey.version, move.journey.version, workflow.now())
        notes = self.memory.notes()
        await workflow.execute_local_activity(
            ports.move_run,
            ports.MoveRequest(run=self.ref, version=move.journey.version, notes=notes),
            start_to_close_timeout=ATTEMPT,
            retry_policy=RETRY,
        )
        self.memory.written(notes)
        moved = {"journey": move.journey, "state": self.memory.state}
        workflow.continue_as_new(self.given.model_copy(update=moved))

    def _is_long(self) -> bool:
        # What a signal or an update began has to end where it began: an editor waits for the answer.
        return _history_is_long() and workflow.all_handlers_finished()

    def _is_interrupted(self) -> bool:
        state = self.memory.state
        return state.interrupt is not None or self.memory.reached() not in (None, state.at)


def show(*attributes: SearchAttributeUpdate[str]) -> None:
    """Set search attributes of the run."""
    workflow.upsert_search_attributes(list(attributes))  # pyright: ignore[reportUnknownMemberType] the SDK leaves a type open


def _history_is_long() -> bool:
    info = workflow.info()
    return info.get_current_history_length() > HISTORY_LIMIT or info.is_continue_as_new_suggested()


def terms_of(journey: Journey, rule: ApprovalRule | None) -> ports.ApprovalTerms:
    """How a person is asked: as the step says, else as the journey's tier does."""
    if rule is None and journey.tier != "full":
        rule = ApprovalRule(group=journey.approvers or "")
    asking = rule or ApprovalRule(group="")
    return ports.ApprovalTerms(
        group=asking.group or None,
        tier="human" if journey.tier == "human" else asking.tier,
        people=asking.people,
        author=journey.owner,
        within=asking.within,
        otherwise=asking.otherwise,
        edit=asking.edit,
    )
