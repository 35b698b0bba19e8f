"""Lives the shoppers' lives: sends their events, reads their mail, and moves their runs' clocks forward.

It stands outside: events go in over HTTP, messages are read from the sandbox's mailbox, and decisions are
made over HTTP. It asks the runs only how far they are, to know how far to move their clocks.
"""

import asyncio
import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from journeys.events import OUTCOMES
from sandbox.mailbox import Message
from starter.demo.approver import ScriptedApprover
from starter.demo.clocks import Handle, Pace, RunClocks
from starter.demo.events import EventSender, arrival, order, track
from starter.demo.shoppers import Act, Cue, kind_of
from starter.demo.story import Part, Received, Story
from starter.local.stack import LocalStack
from store.customers import owners_of
from store.history import list_runs
from store.outbox import waits_for_delivery
from workflows.state import Progress

_LOOK_AGAIN = 0.05
_PATIENCE = 30.0
"""Seconds that a person has before the shopper they are asked about goes on with their life."""
_REMIND_AFTER = 45.0
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


class Conductor:
    """Plays all parts of a story at the same time. Without an approver, a person decides."""

    def __init__(
        self,
        stack: LocalStack,
        story: Story,
        events: EventSender,
        speed: float | None,
        approver: ScriptedApprover | None,
    ) -> None:
        self.stack = stack
        self.story = story
        self.events = events
        self.speed = speed
        self.approver = approver
        self.clocks = RunClocks(stack.temporal)

    async def play(self) -> None:
        """Play until every run has ended. Raises an ExceptionGroup when a part of the stack fails."""
        async with asyncio.TaskGroup() as lives:
            for part in self.story.parts:
                lives.create_task(_Life(self, part).live())


class _Life:
    """One shopper's life, from the view of a product to the end of their run and what they do afterwards."""

    def __init__(self, conductor: Conductor, part: Part) -> None:
        self._stage = conductor
        self._part = part
        self._shopper = part.shopper
        self._pace = Pace(conductor.speed)
        self._plans: list[_Plan] = []
        self._seen = 0
        self._asked_at: float | None = None
        self._reminded = False

    async def live(self) -> None:
        run = await self._view_product()
        while (progress := await self._ask_run(run)).doing != "ended":
            self._part.now = await self._stage.clocks.now(run)
            self._read_messages()
            if progress.approval:
                await self._wait_for_person(progress)
            else:
                self._no_longer_asked()
                await self._go_on(run, progress, may_skip=True)
        self._no_longer_asked()
        await self._end(run)

    async def _view_product(self) -> Handle:
        """Arrive in the shop; gives the run that this starts."""
        shopper, part = self._shopper, self._part
        self._plan("viewed", part.viewed_at)
        await self._stage.events.send(arrival(shopper, part.viewed_at))
        self._stage.story.tell(part, f"views {shopper.product['name']}")
        database = self._stage.stack.services.database
        async with database.reading() as session:
            owners = await owners_of(session, [("user", shopper.user_id)])
        part.customer_id = owners["user", shopper.user_id]
        await self._until_delivered()
        async with database.reading() as session:
            part.workflow_id = (await list_runs(session, customer_id=part.customer_id)).rows[0].workflow_id
        return self._stage.stack.temporal.get_workflow_handle(part.workflow_id)

    async def _ask_run(self, run: Handle) -> Progress:
        return await run.query("progress", result_type=Progress)

    async def _go_on(self, run: Handle, progress: Progress, *, may_skip: bool) -> None:
        """Do what the shopper does next, or move the run's clock to what comes next."""
        part = self._part
        if self._plans and self._plans[0].at <= part.now:
            await self._do(heapq.heappop(self._plans))
            return
        ends = [progress.waiting_until] if progress.waiting_until else []
        next_ = min([*ends, *(plan.at for plan in self._plans)], default=part.now)
        if progress.doing == "sending" or progress.interrupt or next_ <= part.now or not may_skip:
            await asyncio.sleep(_LOOK_AGAIN)
            return
        part.waits_for = self._waits_for(progress)
        await self._pace.reach(next_ - part.viewed_at, self._time_passes)
        await self._stage.clocks.forward(run, next_ - await self._stage.clocks.now(run))

    def _waits_for(self, progress: Progress) -> str:
        if progress.approval:
            return f"{progress.approval.group} to decide"
        until = progress.waiting_until
        return f"{self._part.local(until):%a %H:%M} ({progress.at})" if until else progress.at

    def _time_passes(self, elapsed: timedelta) -> None:
        self._part.now = max(self._part.now, self._part.viewed_at + elapsed)

    async def _wait_for_person(self, progress: Progress) -> None:
        """Someone must decide about the offer. The scripted approver does at once; a person has their time."""
        approval, part = progress.approval, self._part
        assert approval is not None
        if part.approval_id != approval.approval_id:
            part.approval_id, part.waits_for = approval.approval_id, self._waits_for(progress)
            self._asked_at = asyncio.get_running_loop().time()
            self._stage.story.tell(part, f"10 % offer: {approval.group} must decide")
            self._plan("asked", part.now)
            if self._stage.approver:
                await self._stage.approver.decide(approval.approval_id, self._shopper.verdict)
        run = self._stage.stack.temporal.get_workflow_handle(part.workflow_id)
        if self._stage.approver:
            await self._go_on(run, progress, may_skip=self._shopper.verdict == "nobody")
        else:
            await self._be_patient()

    async def _be_patient(self) -> None:
        """Leave a person their time: nothing is skipped while they decide."""
        assert self._asked_at is not None
        waited = asyncio.get_running_loop().time() - self._asked_at
        if waited > _PATIENCE and self._plans:
            await self._do(heapq.heappop(self._plans))
        if waited > _REMIND_AFTER and not self._reminded:
            self._reminded = True
            self._stage.story.tell(self._part, "still waits for someone to decide")
        await asyncio.sleep(_LOOK_AGAIN * 4)

    def _no_longer_asked(self) -> None:
        if self._asked_at is not None:
            self._part.approval_id, self._asked_at = "", None
            self._pace.resume_from(self._part.now - self._part.viewed_at)

    def _read_messages(self) -> None:
        """Look at what came, and plan what it makes the shopper do."""
        messages = self._stage.stack.sandbox.mailbox.messages
        for message in messages[self._seen :]:
            if _reached(message, self._part):
                self._take(message)
        self._seen = len(messages)

    def _take(self, message: Message) -> None:
        kind, part = kind_of(message.channel, message.title), self._part
        part.received.append(Received(kind, message.channel, message.title, part.now))
        self._stage.story.tell(part, f"gets {message.channel}: {kind or message.title}")
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
        await self._stage.events.send([track(self._shopper, event, plan.at, properties)])
        self._stage.story.tell(self._part, _WORDS[event], plan.at)
        await self._until_delivered()

    async def _until_delivered(self) -> None:
        """Wait until everything that the shopper did has reached their runs."""
        database = self._stage.stack.services.database
        while True:
            async with database.reading() as session:
                if not await waits_for_delivery(session, self._part.customer_id):
                    return
            await asyncio.sleep(_LOOK_AGAIN)

    async def _end(self, run: Handle) -> None:
        """The run has ended; the shopper lives on and does what they still meant to do."""
        part = self._part
        part.now = max(part.now, await self._stage.clocks.now(run))
        self._read_messages()
        while self._plans:
            plan = heapq.heappop(self._plans)
            await self._pace.reach(plan.at - part.viewed_at, self._time_passes)
            part.now = max(part.now, plan.at)
            await self._do(plan)
        result = await run.result()
        part.outcome, part.waits_for = str(result["outcome"]), ""
        self._stage.story.tell(part, f"the run ends: {result['reason']}")


def _reached(message: Message, part: Part) -> bool:
    return message.recipient.removeprefix("+") in {a.removeprefix("+") for a in part.shopper.addresses}
