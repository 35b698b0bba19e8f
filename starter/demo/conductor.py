"""Lives the shoppers' lives: sends their events, reads their mail, and moves their runs' clocks forward.

It stands outside: events go in over HTTP, messages are read from the sandbox's mailbox, and decisions are
made over HTTP. It asks the runs only how far they are, to know how far to move their clocks.
"""

import asyncio
import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from journeys.events import OUTCOMES
from journeys.ids import trace_id
from journeys.model import Journey
from sandbox.mailbox import Message
from starter.client import Sojourn
from starter.demo.approver import ScriptedApprover
from starter.demo.clocks import Handle, Pace, RunClocks
from starter.demo.events import Item, arrival, order, track
from starter.demo.homepage import Homepage
from starter.demo.narrator import Narrator
from starter.demo.shoppers import Act, Cue, kind_of
from starter.demo.story import Part, Received, Story
from starter.local.stack import LocalStack
from store.history import list_runs
from store.identity import owners_of
from store.outbox import waits_for_delivery
from workflows.state import Progress, RunResult

_LOOK_AGAIN_S = 0.05
_WHILE_DECIDING_S = 0.2
_PATIENCE_S = 30.0
"""How long a person has before the shopper they are asked about goes on with their life."""
_REMIND_AFTER_S = 45.0
_WORDS = {
    "Email Opened": "opens the mail",
    "Email Link Clicked": "clicks in the mail",
    "Push Notification Tapped": "taps the push",
    "Message Read": "reads the WhatsApp message",
    "Order Completed": "buys it",
    "Unsubscribed": "unsubscribes",
}


@dataclass(order=True)
class _Plan:
    """What a shopper is going to do, and the delivery that made them."""

    at: datetime
    act: Act = field(compare=False)
    delivery_id: str = field(compare=False, default="")


@dataclass
class Conductor:
    """Plays all parts of a story at the same time. Without an approver, a person decides."""

    stack: LocalStack
    story: Story
    journey: Journey
    client: Sojourn
    speed: float | None
    """How many times faster than real a viewer sees time pass; None is at once."""
    approver: ScriptedApprover | None
    homepage: Homepage
    reminded: bool = False
    """Whether the viewer was told that someone must decide."""
    events: int = 0
    """How many events were sent."""

    async def play(self) -> None:
        """Play until every run has ended. Raises an ExceptionGroup when a part of the stack fails."""
        async with asyncio.TaskGroup() as lives:
            for part in self.story.parts:
                lives.create_task(_Life(self, part).live())

    async def send(self, items: Sequence[Item]) -> None:
        """Send a shopper's events; they are durable when this returns."""
        self.events += await self.client.batch(items)


class _Life:
    """One shopper's life, from the view of a product to the end of their run and what they do afterwards."""

    def __init__(self, conductor: Conductor, part: Part) -> None:
        self._conductor = conductor
        self._stack = conductor.stack
        self._part = part
        self._shopper = part.shopper
        self._pace = Pace(conductor.speed)
        self._clocks = RunClocks(conductor.stack.temporal)
        self._narrator = Narrator(conductor.story, part, conductor.journey, self._stack.services.database)
        self._plans: list[_Plan] = []
        self._messages_seen = 0
        self._approval_id = ""
        self._asked_at = 0.0

    async def live(self) -> None:
        run = await self._view_product()
        while (progress := await _ask(run)).doing != "ended":
            self._part.now = await self._clocks.now(run)
            self._read_messages()
            await self._narrator.notice(progress)
            if progress.approval:
                await self._await_decision(run, progress)
            else:
                self._stop_asking()
                await self._go_on(run, progress)
        self._stop_asking()
        await self._end(run)

    async def _view_product(self) -> Handle:
        """Arrive in the shop; gives the run that this starts."""
        shopper, part, database = self._shopper, self._part, self._stack.services.database
        self._plan("viewed", part.viewed_at)
        await self._conductor.send(arrival(shopper, part.viewed_at))
        self._conductor.story.tell(part, f"views {shopper.product['name']}")
        async with database.reading() as session:
            owners = await owners_of(session, [("user", shopper.user_id)])
        part.customer_id = owners["user", shopper.user_id]
        shown = await self._conductor.homepage.open(shopper)
        self._conductor.story.tell(part, f"reads on the homepage: {shown}")
        await self._until_delivered()
        async with database.reading() as session:
            started = (await list_runs(session, customer_id=part.customer_id)).rows[0]
        part.workflow_id = started.workflow_id
        part.trace_id = trace_id(started.workflow_id, started.first_run_id)
        return self._stack.temporal.get_workflow_handle(part.workflow_id)

    async def _go_on(self, run: Handle, progress: Progress) -> None:
        """Do what the shopper does next, or move the run's clock to what comes next."""
        part = self._part
        if self._plans and self._plans[0].at <= part.now:
            await self._do(heapq.heappop(self._plans))
            return
        times = [plan.at for plan in self._plans[:1]] + (
            [progress.waiting_until] if progress.waiting_until else []
        )
        following = min(times, default=part.now)
        if progress.doing == "sending" or progress.interrupt or following <= part.now:
            await asyncio.sleep(_LOOK_AGAIN_S)
            return
        part.waits_for = self._narrator.waits_for(progress)
        await self._pace.reach(following - part.viewed_at, self._part.has_lived)
        await self._clocks.forward(run, following - await self._clocks.now(run))

    async def _await_decision(self, run: Handle, progress: Progress) -> None:
        """Someone must decide about the offer. The scripted approver does at once; a person has their time."""
        approval, part, approver = progress.approval, self._part, self._conductor.approver
        assert approval is not None
        if self._approval_id != approval.approval_id:
            self._approval_id, self._asked_at = approval.approval_id, asyncio.get_running_loop().time()
            part.is_asked, part.waits_for = True, self._narrator.waits_for(progress)
            self._conductor.story.tell(part, f"10 % offer: {approval.group} must decide")
            self._plan("asked", part.now)
            if approver:
                await approver.decide(approval.approval_id, approval.content_hash, self._shopper.verdict)
        elif approver and self._shopper.verdict == "nobody":
            await self._go_on(run, progress)
        elif approver:
            await asyncio.sleep(_LOOK_AGAIN_S)
        else:
            await self._leave_time_to_decide()

    async def _leave_time_to_decide(self) -> None:
        """Nothing is skipped while a person decides, but the shopper lives on, and someone may be reminded."""
        waited = asyncio.get_running_loop().time() - self._asked_at
        if waited > _PATIENCE_S and self._plans:
            await self._do(heapq.heappop(self._plans))
        if waited > _REMIND_AFTER_S and not self._conductor.reminded:
            self._conductor.reminded = True
            self._conductor.story.tell(self._part, "waits for you: open the approvals page and decide")
        await asyncio.sleep(_WHILE_DECIDING_S)

    def _stop_asking(self) -> None:
        if self._approval_id:
            self._part.is_asked, self._approval_id = False, ""
            self._pace.resume_from(self._part.now - self._part.viewed_at)

    def _read_messages(self) -> None:
        """Look at what came, and plan what it makes the shopper do."""
        messages = self._stack.sandbox.mailbox.messages
        for message in messages[self._messages_seen :]:
            if self._shopper.is_at(message.recipient):
                self._take(message)
        self._messages_seen = len(messages)

    def _take(self, message: Message) -> None:
        kind, part = kind_of(message.channel, message.title), self._part
        part.received.append(Received(kind, message.channel, message.title, part.now))
        self._conductor.story.tell(part, f"gets {message.channel}: {kind or message.title}")
        if kind:
            self._plan(kind, part.now, message.delivery_id)

    def _plan(self, cue: Cue, at: datetime, delivery_id: str = "") -> None:
        for act in self._shopper.acts.get(cue, ()):
            heapq.heappush(self._plans, _Plan(at + act.after, act, delivery_id))

    async def _do(self, plan: _Plan) -> None:
        """Do as planned; returns once every run that it concerns has heard of it."""
        event = plan.act.event
        properties: Mapping[str, Any] = {"delivery_id": plan.delivery_id} if event in OUTCOMES else {}
        if event == "Order Completed":
            properties = order(self._shopper)
        await self._conductor.send([track(self._shopper, event, plan.at, properties)])
        self._conductor.story.tell(self._part, _WORDS[event], plan.at)
        await self._until_delivered()

    async def _until_delivered(self) -> None:
        """Wait until everything that the shopper did has reached their runs."""
        while True:
            async with self._stack.services.database.reading() as session:
                if not await waits_for_delivery(session, self._part.customer_id):
                    return
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def _end(self, run: Handle) -> None:
        """The run ends; the shopper lives on and does what they still meant to do."""
        part = self._part
        result = RunResult.model_validate(await run.result())
        part.now = max(part.now, await self._clocks.now(run))
        self._read_messages()
        await self._narrator.end(result)
        while self._plans:
            plan = heapq.heappop(self._plans)
            await self._pace.reach(plan.at - part.viewed_at, part.has_lived)
            part.now = max(part.now, plan.at)
            await self._do(plan)
        part.outcome, part.waits_for = result.outcome, ""


async def _ask(run: Handle) -> Progress:
    """How far a run is."""
    return await run.query("progress", result_type=Progress)
