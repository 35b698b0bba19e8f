"""What a run knows and how it learns: signals come in here, records go out. No Temporal in it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from journeys.conditions import holds
from journeys.counting import COUNTS
from journeys.events import IMPLIED, JOURNEY_ENDED, OUTCOMES, Event
from journeys.ids import delivery_key
from journeys.interrupts import Interrupt, InterruptRules
from journeys.parts import EventMatch
from journeys.requests import EndedRun
from journeys.steps import Agent, Repeat, Send, Step, WaitFor, verb, walk
from workflows.approval import Refusal
from workflows.ports import (
    DeliverResult,
    Notes,
    PauseRecord,
    RefusedSignal,
    RunRef,
    Sent,
    StepRecord,
)
from workflows.question import Question
from workflows.state import SEEN_EVENTS, Loop, RunInput, RunState

_NO_FACTS = {"sent": False, **dict.fromkeys(OUTCOMES.values(), False)}


class Memory:
    """The state of one run and the rules by which events, results and decisions change it."""

    def __init__(self, given: RunInput, run: RunRef, now: datetime) -> None:
        self.run = run
        self.start = given.start
        self.interrupts = InterruptRules.of(given.journey)
        steps = list(walk(given.journey.steps))
        self._sends = [step.id for step in steps if isinstance(step, Send)]
        self._agents = [step for step in steps if isinstance(step, Agent)]
        self._counted = sorted(given.journey.counted())
        waits = [step for step in steps if isinstance(step, WaitFor)]
        self._awaited = {match.event for step in waits for match in (*step.wait_for, *step.restart)}
        self.state = given.state or RunState(
            started_at=now,
            at=given.journey.steps[0].id,
            step_started_at=now,
            time_zone=given.time_zone,
            causes=_traces(given.start),
        )
        self.question = Question(self.state)

    def facts(self) -> dict[str, Any]:
        """What conditions see as `run`: every send, done or not, by its step id, what steps set, and how many
        events came of the names that are counted."""
        sends = {step: _NO_FACTS | self.state.facts.get(step, {}) for step in self._sends}
        counts = {COUNTS: {name: self.state.heard.get(name, 0) for name in self._counted}} if self._counted else {}
        return {**self.state.values, **sends, **counts}

    def scope(self, now: datetime) -> dict[str, Any]:
        """What a condition at a step may use."""
        return {"start": self.start.scope(), "run": self.facts(), "customer": self.state.customer, "now": now}

    def observe(self, event: Event, now: datetime, customer: dict[str, Any] | None = None) -> None:
        """Take in an event, and the customer at that moment where it takes them to judge it.

        One that is delivered twice counts once.
        """
        if event.id in self.state.seen or event.id == self.start.id:
            return
        self.state.seen = [*self.state.seen[1 - SEEN_EVENTS :], event.id]
        self._take_outcome(event)
        if event.name in self._counted:
            self.state.heard[event.name] = self.state.heard.get(event.name, 0) + 1
        self._take_end(event)
        self._take_goals_of_agents(event, now)
        if self.state.interrupt is None:
            self.state.interrupt = self.interrupts.judge(event, self.start, self.facts(), now, customer)
            if self.state.interrupt:
                self.state.causes = [*self.state.causes, *_traces(event)]
        if event.name in self._awaited:
            self.state.events.append(event)

    def listen_anew(self) -> None:
        """Forget what came before this step. One that goes on after continue-as-new goes on listening."""
        if self.state.deadline is None:
            self.state.events.clear()

    def next_event(self) -> Event | None:
        """The oldest event that came and was not judged yet. Each is judged once, so that a busy customer
        costs a run no more for every further event."""
        return self.state.events.pop(0) if self.state.events else None

    def wants(self, match: EventMatch, event: Event, now: datetime) -> bool:
        """Whether an event is one that a step waits for. `event.step` is the step whose outcome it is."""
        if match.event != event.name:
            return False
        seen = event.scope() | {"step": self.state.deliveries.get(event.delivery, "")}
        return holds(match.where, self.scope(now) | {"event": seen})

    def pass_of(self, step: Step) -> int:
        """How often this step was finished before."""
        return self.state.passes.get(step.id, 0)

    def loop(self, step: Repeat | Agent, now: datetime) -> Loop:
        """How far a repetition or an agent is; begins it when it is entered."""
        return self.state.loops.setdefault(step.id, Loop(started_at=now))

    def end_loop(self, step: Repeat | Agent) -> None:
        """Leave a repetition or an agent, and with it every one inside it."""
        for inner in walk([step]):
            self.state.loops.pop(inner.id, None)

    def reached(self) -> str | None:
        """The id of an agent under way whose goal was reached."""
        return next((step for step, loop in self.state.loops.items() if loop.reached), None)

    def interrupt(self, interrupt: Interrupt) -> None:
        """End the run early, unless something else already does."""
        self.state.interrupt = self.state.interrupt or interrupt

    def expect_delivery(self, step: Send) -> int:
        """The pass this delivery belongs to. From here on its outcomes are known by its id."""
        pass_ = self.pass_of(step)
        key = delivery_key(self.run.workflow_id, self.run.first_run_id, step.id, pass_)
        self.state.deliveries[key] = step.id
        return pass_

    def finish(
        self,
        step: Step,
        now: datetime,
        outcome: str,
        detail: str = "",
        causes: Sequence[str] = (),
        **facts: str | int | float,
    ) -> None:
        """Record a finished step and make ready for the next."""
        pass_ = self.pass_of(step)
        self.state.records.append(
            StepRecord(
                step_id=step.id,
                pass_=pass_,
                kind=verb(step),
                started_at=self.state.step_started_at,
                ended_at=now,
                outcome=outcome,
                detail=detail,
                attributes=dict(facts),
                causes=(*self.state.causes, *causes),
            )
        )
        self.state.passes[step.id] = pass_ + 1
        self.state.step_started_at = now
        self.state.deadline = None
        self.state.grant = None
        self.state.without_offer = False
        self.state.tried = timedelta(0)
        self.state.causes = []
        self.state.came = []

    def note_pause(
        self, step: Step, kind: Literal["hold", "approval"], since: datetime, now: datetime, outcome: str, why: str
    ) -> None:
        """Record a hold or a question that is over."""
        self.state.paused_since = None
        self.state.pauses.append(
            PauseRecord(
                step_id=step.id,
                pass_=self.pass_of(step),
                kind=kind,
                started_at=since,
                ended_at=now,
                outcome=outcome,
                detail=why,
            )
        )

    def note_move(self, old: str, new: str, now: datetime) -> None:
        """Record that the run goes on under another version, at the step where it is."""
        name = f"move_to_{new}"
        pass_ = self.state.passes.get(name, 0)
        self.state.passes[name] = pass_ + 1
        self.state.records.append(
            StepRecord(
                step_id=name,
                pass_=pass_,
                kind="migrate",
                started_at=now,
                ended_at=now,
                outcome="moved",
                detail=f"from version {old} to {new}, at {self.state.at}",
                attributes={"version.old": old, "version.new": new, "at": self.state.at},
            )
        )

    def keep_result(self, step: Send, result: DeliverResult) -> None:
        """Let conditions see what became of a send."""
        facts = self.state.facts.setdefault(step.id, {})
        facts["sent"] = isinstance(result, Sent)
        if isinstance(result, Sent):
            facts["channel"] = result.channel

    def notes(self) -> Notes:
        """The bookkeeping that has not been written yet."""
        return Notes(
            records=tuple(self.state.records),
            pauses=tuple(self.state.pauses),
            closed_approvals=tuple(self.state.closed_approvals),
            questions=tuple(self.state.questions),
            refused=tuple(self.state.refused),
        )

    def written(self, notes: Notes) -> None:
        """These notes are in the store now."""
        self.state.records = self.state.records[len(notes.records) :]
        self.state.pauses = self.state.pauses[len(notes.pauses) :]
        self.state.closed_approvals = self.state.closed_approvals[len(notes.closed_approvals) :]
        self.state.questions = self.state.questions[len(notes.questions) :]
        # One that was counted further meanwhile is another.
        self.state.refused = [refused for refused in self.state.refused if refused not in notes.refused]

    def refuse(self, refusal: Refusal, now: datetime) -> None:
        """Note that a raw signal did not count; of a flood only how many, so that the run does not grow by it."""
        what = (refusal.told, refusal.decision_of)
        last = next((one for one in self.state.refused if (one.reason, one.decision_of) == what), None)
        if last is None:
            self.state.refused.append(RefusedSignal(reason=what[0], decision_of=what[1], count=1, at=now))
        else:
            self.state.refused[self.state.refused.index(last)] = last.model_copy(update={"count": last.count + 1})

    def take_refused(self) -> tuple[RefusedSignal, ...]:
        """The raw signals that did not count and were not written yet, for whoever writes them now."""
        refused, self.state.refused = tuple(self.state.refused), []
        return refused

    def _take_outcome(self, event: Event) -> None:
        step = self.state.deliveries.get(event.delivery)
        if step is not None:
            outcome = OUTCOMES[event.name]
            self.state.facts.setdefault(step, {}).update(dict.fromkeys((outcome, *IMPLIED.get(outcome, ())), True))

    def _take_end(self, event: Event) -> None:
        if event.name == JOURNEY_ENDED:
            self.state.ended[str(event.properties["request"])] = EndedRun.model_validate(event.properties)

    def _take_goals_of_agents(self, event: Event, now: datetime) -> None:
        for step in self._agents:
            loop = self.state.loops.get(step.id)
            if loop and not loop.reached and self.wants(step.goal, event, now):
                loop.reached = True
                self.state.causes = [*self.state.causes, *_traces(event)]


def _traces(event: Event) -> list[str]:
    return [event.traceparent] if event.traceparent else []
