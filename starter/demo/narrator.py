"""Tells what a run does to its shopper: what is held, refused or decided, and what it waits for."""

from collections.abc import Sequence
from datetime import datetime

from journeys.course import Course
from journeys.model import Journey
from journeys.steps import Send
from starter.demo.story import Part, Story
from store.database import Database
from store.history import spans_of_trace
from store.tables import Span
from workflows.state import Progress, RunResult

_ENDS = {"goal": "the goal is reached", "completed": "every step is done", "opt_out": "they opted out"}


class Narrator:
    """Tells one part of a story."""

    def __init__(self, story: Story, part: Part, journey: Journey, database: Database) -> None:
        self._story = story
        self._part = part
        self._course = Course(journey)
        self._database = database
        self._noticed: tuple[str, datetime | None] | None = None
        self._told: set[str] = set()

    async def notice(self, progress: Progress) -> None:
        """Tell what is new since the run was last looked at."""
        standing = (progress.at, progress.waiting_until)
        if standing == self._noticed:
            return
        self._noticed = standing
        await self._tell_refusals()
        if self._is_held(progress) and progress.waiting_until:
            until = self._part.local(progress.waiting_until)
            self._story.tell(self._part, f"held until {until:%a %H:%M}: quiet hours")

    def waits_for(self, progress: Progress) -> str:
        """What the run waits for, in a few words."""
        if progress.approval:
            return f"{progress.approval.group} to decide"
        if progress.waiting_until is None:
            return ""
        until = f"{self._part.local(progress.waiting_until):%a %H:%M}"
        return f"{until} (held)" if self._is_held(progress) else until

    async def end(self, result: RunResult) -> None:
        await self._tell_refusals()
        self._story.tell(self._part, f"journey over: {_ENDS.get(result.outcome, result.reason)}")

    def _is_held(self, progress: Progress) -> bool:
        step = self._course.step(progress.at)
        return progress.doing == "waiting" and progress.approval is None and isinstance(step, Send)

    async def _tell_refusals(self) -> None:
        async with self._database.reading() as session:
            spans = await spans_of_trace(session, self._part.trace_id)
        for text in refusals([span for span in spans if span.span_id not in self._told]):
            self._story.tell(self._part, text)
        self._told |= {span.span_id for span in spans}


def refusals(spans: Sequence[Span]) -> list[str]:
    """What did not leave, and why, once each. A policy's denial shows in the guard's span, a person's in the
    step's."""
    told: list[str] = []
    for span in spans:
        reason = span.detail.removeprefix("the customer ")
        if span.outcome == "denied" and span.kind == "internal":
            told.append(f"not sent: {reason}")
        elif span.outcome == "rejected" and span.kind == "send":
            told.append(f"offer rejected: {reason}")
        elif span.outcome == "expired" and span.kind == "send":
            told.append(f"offer dropped: {reason}")
    return told
