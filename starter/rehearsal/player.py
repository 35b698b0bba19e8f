"""Plays a rehearsal on its stage: does each thing in its time, and goes on until every run has ended."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select
from temporalio.service import RPCError

from journeys.events import OUTCOMES
from starter.approvals.decisions import Approvals
from starter.approvals.refusals import DecisionRefused
from starter.approvals.rights import why_may_not_decide
from starter.ingestion.changes import apply_profiles
from starter.ingestion.incoming import ConsentChange, Incoming, Profile, Who
from starter.ingestion.items import NAMES, Envelope, Malformed, read_item
from starter.rehearsal.calendar import Calendar
from starter.rehearsal.model import CustomerFacts, Happening, Rehearsal
from starter.rehearsal.schedule import broadcast, scheduled
from starter.rehearsal.stage import Stage
from starter.segments.keeping import count_page, look_at_due, publish_segments, segments_of
from store.outbox import list_dead, waits_for_delivery
from store.runs import has_started, open_runs
from store.segments import next_look
from store.tables import Approval, Customer, Delivery, Identity
from workflows.state import Progress

_MINUTE = timedelta(minutes=1)
_LONGEST = timedelta(days=400)
_WITHIN_S = 30.0
_LOOK_AGAIN_S = 0.005
_STEP = timedelta(milliseconds=5)
"""How long a run that is busy is left alone at first."""
_WORDS = {"email": "Email ", "push": "Push Notification "}


class RehearsalFailed(Exception):
    """A rehearsal cannot go on. The message says why and what to do."""


@dataclass(frozen=True)
class Done:
    """Something that was done to the runs: what, and how it is told."""

    at: datetime
    """When the file says it happens, in UTC."""
    done_at: datetime
    """When it was really done, on the clock of the stage: by it things are put in order."""
    told: str
    refused: str = ""
    """Why an outcome or a decision did not count."""
    step: str = ""


class Player:
    """Plays one rehearsal."""

    def __init__(self, stage: Stage, rehearsal: Rehearsal, calendar: Calendar) -> None:
        self._stage = stage
        self._rehearsal = rehearsal
        self._calendar = calendar
        self._services = stage.services
        self._user_id = rehearsal.customer.id
        self._customer_id = f"c_{rehearsal.customer.id}"
        self._number = 0

    async def play(self) -> list[Done]:
        """Play from the start until every run has ended. Raises RehearsalFailed."""
        await self._pass_until(self._calendar.start)
        await self._introduce(self._rehearsal.customer)
        moments = [(self._calendar.moment(happening.at), happening) for happening in self._rehearsal.events]
        last = max((at for at, _ in moments), default=self._calendar.start)
        asked = [
            (at, None) for at in scheduled(self._services, self._rehearsal.journey, self._calendar.start, last)
        ]
        done: list[Done] = []
        for at, happening in sorted([*asked, *moments], key=lambda each: each[0]):
            if happening and at < self._calendar.start:
                raise RehearsalFailed(f"'{happening.at}' lies before the start, {self._rehearsal.start}.")
            await self._pass_until(at)
            # Otherwise it would be by chance whether a timer or an event of the same minute comes first.
            await self._pass_until(at + _MINUTE, only_for_runs=True)
            done.append(await self._do(happening, at) if happening else await self._broadcast(at))
        await self._pass_until_all_ended()
        return done

    async def _introduce(self, facts: CustomerFacts) -> None:
        """Make the customer known as they were before the rehearsal. That is no event, and starts nothing."""
        customer = Customer(id=self._customer_id, traits={}, created_at=self._calendar.start)
        channels = list(self._services.project.channels)
        async with self._services.database.transaction() as session:
            session.add(customer)
            await session.flush()
            since = self._calendar.start
            session.add(Identity(kind="user", value=self._user_id, customer_id=customer.id, since=since))
            change = (customer, self._change(facts, self._calendar.start))
            await apply_profiles(session, [change], channels, self._calendar.start)
        # Whatever they are already, they do not become now.
        await publish_segments(self._services, since + _STEP)
        await count_page(self._services.database, segments_of(self._services), since)

    async def _do(self, happening: Happening, at: datetime) -> Done:
        now = await self._stage.now()
        if happening.approve or happening.reject:
            return await self._decide(happening, at, now)
        if happening.customer:
            await self._accept(self._change(happening.customer, at))
            return Done(at, now, "the customer changes")
        if happening.outcome:
            outcome, step = happening.outcome
            delivery = await self._delivery(step)
            if delivery is None:
                return Done(at, now, f"{outcome}: {step}", refused="nothing was sent by this step yet", step=step)
            name = _event_name(outcome, delivery.channel)
            await self._accept(self._event(name, {"delivery_id": delivery.id}, at))
            return Done(at, now, f"{name}: {step}")
        assert happening.event is not None, "the file was checked"
        await self._accept(self._event(happening.event, happening.properties, at))
        return Done(at, now, happening.event)

    async def _broadcast(self, at: datetime) -> Done:
        """What the schedule does at its moment. Here the customer is the only one."""
        now = await self._stage.now()
        await broadcast(self._stage, self._rehearsal.journey, at)
        await self._until_delivered()
        return Done(at, now, "the schedule's time has come")

    def _event(self, name: str, properties: dict[str, object], at: datetime) -> Incoming:
        item = {
            "type": "track",
            "messageId": self._next_id(),
            "userId": self._user_id,
            "event": name,
            "properties": properties,
            "timestamp": at.isoformat(),
        }
        try:
            return read_item(item, Envelope(received_at=at))
        except Malformed as error:
            raise RehearsalFailed(f"'{name}' would not be accepted as an event: {error}.") from error

    def _change(self, facts: CustomerFacts, at: datetime) -> Incoming:
        profile = Profile(
            traits=facts.traits,
            time_zone=facts.time_zone,
            locale=facts.locale,
            addresses=tuple((kind, self._address(kind, value)) for kind, value in facts.addresses.items()),
            consents=tuple(ConsentChange(allowed.channel, allowed.purpose, True) for allowed in facts.consents),
        )
        who = Who(user_id=self._user_id)
        return Incoming(self._next_id(), NAMES["identify"], who, at, properties=facts.traits, profile=profile)

    def _address(self, kind: str, value: str) -> str:
        """The address as written; for web push that is the name of a browser, which subscribes here and now."""
        return self._stage.sandbox.web_push.subscribe(value) if kind == "web_push" else value

    def _next_id(self) -> str:
        self._number += 1
        return f"rehearsal-{self._number}"

    async def _accept(self, event: Incoming) -> None:
        await self._stage.ingestion.accept([event], now=event.at)
        await self._until_delivered()

    async def _until_delivered(self) -> bool:
        """Wait until what was accepted has reached every run that it concerns; gives whether anything had not."""
        database, waited = self._services.database, False
        try:
            async with asyncio.timeout(_WITHIN_S):
                while True:
                    async with database.reading() as session:
                        if not await waits_for_delivery(session, self._customer_id):
                            dead = (await list_dead(session)).rows
                            break
                    waited = True
                    self._stage.wake()
                    await asyncio.sleep(_LOOK_AGAIN_S)
        except TimeoutError:
            raise RehearsalFailed(f"An event did not reach its runs within {_WITHIN_S:.0f} seconds.") from None
        if dead:
            raise RehearsalFailed(f"An event cannot be delivered: {dead[0].reason}")
        return waited

    async def _delivery(self, step: str) -> Delivery | None:
        """The last message of a step."""
        query = select(Delivery).where(col(Delivery.step_id) == step).order_by(col(Delivery.reserved_at).desc())
        async with self._services.database.reading() as session:
            return (await session.exec(query.limit(1))).first()

    async def _decide(self, happening: Happening, at: datetime, now: datetime) -> Done:
        step, approves = happening.approve or happening.reject or "", happening.approve is not None
        query = select(Approval).where(col(Approval.step_id) == step).order_by(col(Approval.requested_at).desc())
        async with self._services.database.reading() as session:
            approval = (await session.exec(query.limit(1))).first()
        verdict = "approves" if approves else "rejects"
        if approval is None:
            return Done(at, now, f"someone {verdict} {step}", refused="nobody was asked about it yet", step=step)
        people = self._services.project.people
        fitting = [
            p for p in people if (p.email == happening.by if happening.by else not why_may_not_decide(approval, p))
        ]
        if not fitting:
            missing = f"'{happening.by}' is none of" if happening.by else "nobody may decide this among"
            raise RehearsalFailed(f"{missing} the people in sojourn.yaml.")
        told = f"{fitting[0].email} {verdict} {step}"
        try:
            await Approvals(self._services).decide(
                approval.id, fitting[0], approves, happening.reason, seen=approval.content_hash
            )
        except DecisionRefused as refusal:
            return Done(at, now, told, refused=str(refusal), step=step)
        return Done(at, now, told)

    async def _pass_until(self, moment: datetime, *, only_for_runs: bool = False) -> None:
        """Let time pass, from one moment at which a run goes on by itself to the next, so that what runs ask of
        each other happens in its own time. `only_for_runs` stops where no run has anything to do by then."""
        step = _STEP
        while (now := await self._stage.now()) < moment:
            await self._look_at_segments(now)
            due = await self._next_due(with_segments=True)
            # Looked at after the runs: what they told since is found here, or they were seen to be busy.
            if await self._until_delivered():
                continue
            if only_for_runs and (due is None or due >= moment):
                return
            busy = due is not None and due <= now
            await self._stage.pass_time(min(now + step if busy else due or moment, moment) - now)
            step = step * 1.5 if busy else _STEP

    async def _look_at_segments(self, now: datetime) -> None:
        """What the passing of time does to the customer's segments."""
        if await look_at_due(self._services.database, segments_of(self._services), now):
            await self._until_delivered()

    async def _next_due(self, *, with_segments: bool) -> datetime | None:
        """When a run goes on by itself next, or time may change a segment; the start of time when a run is busy,
        None when there is no run."""
        # Without segments a step that changes the customer has them looked at as well, and nobody ever does.
        looks = with_segments and segments_of(self._services)
        async with self._services.database.reading() as session:
            runs = await open_runs(session, [self._customer_id])
            look = await next_look(session, self._customer_id) if looks else None
        return min([*[await self._due(run.workflow_id) for run in runs], *([look] if look else [])], default=None)

    async def _may_start_yet(self) -> bool:
        """Whether time alone may start the journey, which has had no run so far."""
        journey = self._services.journeys[self._rehearsal.journey]
        async with self._services.database.reading() as session:
            return journey.start.segment is not None and not await has_started(session, journey.journey)

    async def _due(self, workflow_id: str) -> datetime:
        handle = self._services.temporal.get_workflow_handle(workflow_id)
        try:
            progress = await handle.query("progress", result_type=Progress, rpc_timeout=timedelta(seconds=10))
        except RPCError as error:
            raise RehearsalFailed(f"The run {workflow_id} does not answer: {error.message}") from error
        busy = progress.doing in ("sending", "ended") or bool(progress.interrupt)
        return self._calendar.start if busy or not progress.waiting_until else progress.waiting_until

    async def _pass_until_all_ended(self) -> None:
        end = await self._stage.now() + _LONGEST
        while (now := await self._stage.now()) < end:
            await self._look_at_segments(now)
            due = await self._next_due(with_segments=await self._may_start_yet())
            if await self._until_delivered():
                continue
            if due is None:
                return
            await self._pass_until(max(due, now) + _STEP)
        if await self._next_due(with_segments=False) is None:
            return
        raise RehearsalFailed(f"A run is still open {_LONGEST.days} days after the last event.")


def _event_name(outcome: str, channel: str) -> str:
    """The event by which an outcome of a message over this channel is told."""
    names = [name for name, meant in OUTCOMES.items() if meant == outcome]
    own = [name for name in names if name.startswith(_WORDS.get(channel, "Message "))]
    if not own:
        raise RehearsalFailed(f"A message over {channel} is never '{outcome}'.")
    return own[0]
