"""Whatever a run hears, in any order, at any time, twice, forged or too late: it ends as it should, and nothing
leaves that may not. A bystander keeps what was accepted, and judges by that alone."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import CancelledError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from tests.waiting import WITHIN, until
from tests.workflows.conftest import SIGNER, Runs, decision, question
from workflows.approval import DecisionSigner, verify_decision
from workflows.journey import CustomerJourney
from workflows.ports import DeliverRequest, DeliverResult, Held, Sent
from workflows.state import RunResult

JOURNEY = """
journey: signals
owner: maria
start: {event: Product Viewed}
goal: Order Completed
stop: [{event: Page Left, where: "run.events['Page Left'] >= 2"}]
steps:
  - {id: look, wait_for: Cart Updated, within: 9h 30m}
  - {id: offer, send: whatsapp, content: offer, approval: {group: marketing, within: 12h 20m}}
  - {id: rest, wait: 5h 40m}
  - {id: last, send: email, content: last, approval: {group: marketing, within: 12h 20m}}
"""
"""Nothing in it ends at a full hour, which is when something happens."""
HOLD = timedelta(hours=3, minutes=30)
FORGER = DecisionSigner("another secret, of somebody else altogether")
EVENTS = {
    "buys": ("Order Completed", "goal"),
    "opts out": ("Unsubscribed", "opt_out"),
    "leaves the page": ("Page Left", "stop"),
    "updates the cart": ("Cart Updated", ""),
}
"""By what happens, the event that says so and how it may end the run."""
HONEST: dict[str, dict[str, Any]] = {"approves": {}, "rejects": {"approved": False}}
DISHONEST: dict[str, dict[str, Any]] = {
    "approves something else": {"approval_id": "a_other"},
    "approves other words": {"content_hash": "other"},
    "approves for others": {"groups": ("support",)},
    "approves it themselves": {"approver": "maria"},
    "forges an approval": {},
    "forges a rejection": {"approved": False},
}
OTHERS = ("is heard again", "decides it again", "is stopped")
ATTEMPTS = ("offer held", "offer asked", "offer sent", "last asked", "last sent")


@dataclass(frozen=True)
class Said:
    """A decision: signed, or not, by the approvals service."""

    token: str
    about: str = ""
    """The question that it decides, if it is one that counts."""
    becomes: str = ""
    """What the question then comes to."""


@dataclass
class Bystander:
    """Lets things happen to a run, and keeps what of it was accepted."""

    runs: Runs
    run: WorkflowHandle[CustomerJourney, RunResult]
    attempts: dict[str, list[tuple[str, bool]]] = field(default_factory=dict[str, list[tuple[str, bool]]])
    """What happens while an attempt is under way, by what comes of it."""
    ends: list[str] = field(default_factory=list[str])
    """What ends the run, in the order in which it was accepted."""
    pages_left: set[str] = field(default_factory=set[str])
    honest: set[str] = field(default_factory=set[str])
    """What questions may come to, by what people said of them."""
    decided: dict[str, str] = field(default_factory=dict[str, str])
    """What questions come to that surely were open as the first of these decided."""
    open: str = ""
    """The question that surely is open."""
    event: tuple[str, str] = ("", "")
    said: Said | None = None
    asked: set[str] = field(default_factory=set[str])
    wrong: list[str] = field(default_factory=list[str])
    """What should not have been; an activity that failed by it would only be tried again."""
    held_until: datetime | None = None
    number: int = 0
    moment: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def sees(self, happens: list[tuple[str, bool]]) -> None:
        """Let things happen, one right behind the other, and the run take them in. No attempt ends meanwhile: the
        test server loses a run that calls off an attempt as it ends."""
        async with self.moment:
            for what, by_update in happens:
                await self._sees(what, by_update)
            await self.run.query(CustomerJourney.progress)

    async def _sees(self, what: str, by_update: bool) -> None:
        surely_open, self.open, self.number = self.open, "", self.number + 1
        try:
            if what in EVENTS:
                self.event = EVENTS[what][0], f"e{self.number}"
                await self._hears(*self.event, EVENTS[what][1])
            elif what == "is heard again" and self.event[0]:
                await self._hears(*self.event, "")
            elif what in HONEST or what in DISHONEST:
                self.said = self._says(what, f"somebody {self.number}")
                await self._decides(self.said, surely_open, by_update)
            elif what == "decides it again" and self.said:
                await self._decides(self.said, surely_open, by_update)
            elif what == "is stopped":
                await self.run.cancel()
                self.ends.append("operator")
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise  # a run that is over hears nothing

    async def settles(self) -> None:
        """Wait until the run does nothing; then it is over, or says for what it waits. What ends it did."""
        progress = await until(self.run, lambda progress: progress.doing != "sending")
        assert not self.ends or progress.doing == "ended", progress
        assert progress.doing == "ended" or progress.waiting_until is not None, progress
        assert (progress.doing == "asking") == (progress.approval is not None), progress
        self.open = progress.approval.approval_id if progress.approval else ""

    async def passes(self, hours: int) -> None:
        """Let hours go by."""
        await self.settles()
        await self.runs.passes(timedelta(hours=hours))
        await self.settles()

    async def guard(self, request: DeliverRequest) -> DeliverResult:
        """The offer is held for a while; then a person is asked; with a grant it leaves."""
        self.held_until = self.held_until or request.now + HOLD
        held = request.step_id == "offer" and request.now < self.held_until
        outcome = "sent" if request.grant else "held" if held else "asked"
        await self.sees(self.attempts.pop(f"{request.step_id} {outcome}", []))
        if request.grant:
            return Sent(delivery_id=f"d_{request.step_id}", provider_id="p1", channel="email")
        if held:
            return Held(until=self.held_until, reason="quiet hours")
        self.asked.add(f"a_{request.step_id}")
        asked = question(request, "marketing", "the journey asks for it")
        return asked.model_copy(update={"approval_id": f"a_{request.step_id}"})

    async def _hears(self, name: str, event_id: str, ends: str) -> None:
        await self.runs.happens(self.run, name, event_id)
        if name == "Page Left":
            self.pages_left.add(event_id)
        if ends and (ends != "stop" or len(self.pages_left) > 1):
            self.ends.append(ends)

    def _says(self, what: str, who: str) -> Said:
        about = f"a_{self.runs.world.sent[-1]}" if self.runs.world.sent else "a_offer"
        token = decision(**{"approval_id": about, "approver": who} | (HONEST | DISHONEST)[what])
        if what.startswith("forges"):
            return Said(FORGER.sign(verify_decision(token, SIGNER.public_key)))
        if what in DISHONEST:
            return Said(token)
        becomes = f"{about} {'granted' if what == 'approves' else 'rejected'} by {who}"
        self.honest.add(becomes)
        return Said(token, about, becomes)

    async def _decides(self, said: Said, surely_open: str, by_update: bool) -> None:
        surely = bool(said.about) and said.about == surely_open
        if surely:
            self.decided[said.about] = said.becomes
        if not by_update:
            await self.run.signal(CustomerJourney.approval, said.token)
            return
        try:
            await self.run.execute_update(CustomerJourney.decide_approval, said.token)
            self.wrong += [] if said.about else ["what does not count was taken"]
        except WorkflowUpdateFailedError:
            self.wrong += ["what counts was refused"] if surely else []

    async def ending(self) -> str:
        """How the run ends once nothing happens any more."""
        await self.settles()
        try:
            return (await self.run.result()).outcome
        except WorkflowFailureError as error:
            if not isinstance(error.cause, CancelledError):
                raise
            return "operator"

    def judge(self, outcome: str) -> None:
        """Whether all that the run did fits with what was accepted."""
        assert not self.wrong
        world = self.runs.world
        # A run that hears something as it ends may end once more, and its last word is what counts.
        story = dict(line.split() for line in world.story)
        assert world.closed[-1].outcome == outcome
        assert outcome in (self.ends or ["completed"]) or (outcome == "completed" and "last" in story)
        granted = [request.step_id for request in world.deliveries if request.grant]
        assert sorted(granted) == sorted(step for step, became in story.items() if became == "sent")
        verdicts = self._verdicts()
        assert verdicts.keys() == self.asked
        for about, came_to in verdicts.items():
            if came_to != f"{about} withdrawn" or not self.ends:
                assert came_to in ({self.decided.get(about, f"{about} expired")} | self._perhaps(about))

    def _perhaps(self, about: str) -> set[str]:
        """What people said of a question who may have been the first: where nobody surely was."""
        return set() if about in self.decided else {became for became in self.honest if became.startswith(about)}

    def _verdicts(self) -> dict[str, str]:
        """What each question came to: it was granted or closed, and never both."""
        granted, closed = dict[str, str](), dict[str, str]()
        for request in self.runs.world.deliveries:
            if request.grant:
                assert (request.grant.approval_id, request.grant.content_hash) == (f"a_{request.step_id}", "hash")
                granted[request.grant.approval_id] = f"{request.grant.approval_id} granted by {request.grant.by}"
        for each in self.runs.world.closed_approvals:
            closed[each.approval_id] = f"{each.approval_id} {each.state} by {each.by}".removesuffix(" by ")
        assert not granted.keys() & closed.keys()
        return granted | closed


async def replays(run: WorkflowHandle[CustomerJourney, RunResult], client: Client) -> None:
    """Every execution of a run does the same again. Raises workflow.NondeterminismError."""
    replayer = Replayer(
        workflows=[CustomerJourney],
        data_converter=pydantic_data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    execution = run.first_execution_run_id
    while execution:
        history = await client.get_workflow_handle(run.id, run_id=execution).fetch_history()
        await replayer.replay_workflow(history)
        execution = history.events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id


MOMENTS = st.sampled_from((1, 4, 4, 9, 9, *ATTEMPTS))
"""Hours after what was before it; or while an attempt of a step is under way, by what comes of it."""
WHAT = st.tuples(st.sampled_from((*HONEST, *HONEST, *DISHONEST, *OTHERS, *EVENTS)), st.booleans())
"""And whether by an update or by a signal."""
HAPPENINGS = st.lists(st.tuples(MOMENTS, st.lists(WHAT, min_size=1, max_size=3)), min_size=3, max_size=7)
ASKED = [(9, [("updates the cart", False)]), (9, [])]
"""The offer is asked about by then."""


@hypothesis.example(
    [(1, [("leaves the page", False), ("is heard again", False)]), (1, [("updates the cart", False)])]
)
@hypothesis.example([*ASKED, (1, [("forges an approval", False), ("approves other words", False)])])
@hypothesis.example([*ASKED, (1, [("rejects", False), ("approves", False), ("decides it again", False)])])
@hypothesis.example([*ASKED, (1, [("is stopped", False), ("rejects", True), ("is heard again", False)])])
@hypothesis.example([*ASKED, (1, [("approves", True)]), (9, [("decides it again", False), ("buys", False)])])
@hypothesis.given(HAPPENINGS)
@hypothesis.settings(
    max_examples=12 * hypothesis.settings().max_examples // 50,
    # To find the shortest way to a failure would take longer than a test may: what is told is as it was found.
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
)
async def test_a_run_that_hears_anything_at_any_time_sends_what_it_may_and_ends_as_it_should(
    runs: Runs, happenings: list[tuple[int | str, list[tuple[str, bool]]]]
) -> None:
    runs.world.begin()
    async with asyncio.timeout(WITHIN):
        bystander = Bystander(runs, await runs.start(JOURNEY))
        for step in ("offer", "last"):
            runs.world.answers(step, *[bystander.guard] * 9)
        for moment, happens in happenings:
            if isinstance(moment, str):
                bystander.attempts.setdefault(moment, happens)
        for moment, happens in happenings:
            if isinstance(moment, int):
                await bystander.passes(moment)
                await bystander.sees(happens)
        bystander.judge(await bystander.ending())
        await replays(bystander.run, runs.client)


@pytest.fixture(autouse=True)
def _every_refusal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test server alone keeps a task of each refused update, and the SDK then replays a signal at the time of
    another: so what is done about it may not depend on the time here."""
    monkeypatch.setattr("workflows.conduct._FLOOD", timedelta(0))
