"""Where the machines live: the real `deliver` activity on a real store, vendors played as strictly as they
are, and the real ways by which customers, people and the project's owners change what holds."""

import asyncio
import itertools
from collections.abc import Coroutine, Generator, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import hypothesis
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from sqlmodel import col, func, select
from temporalio.exceptions import ApplicationError

from activities.following import Following
from journeys.events import Event
from sandbox.mailbox import Message
from starter.ingestion.acceptance import Ingestion
from starter.ingestion.incoming import Incoming, Who
from starter.ingestion.pressure import Limits
from starter.ingestion.profile import read_profile
from store.channels import lift_pause
from store.database import Database
from store.files import publish_files
from store.tables import Approval, Delivery, EventRecord
from tests.conftest import RETAIL
from tests.faults.sending import Sending, Shopper, copy_project
from tests.retail import TENT, retail_sandbox
from workflows.ports import DeliverRequest, RunRef

T = TypeVar("T")
CHANNELS = ("email", "push", "whatsapp")


class PutOff(Exception):
    """What an attempt comes to that is to be made again later."""


@dataclass
class Town:
    """One store for all that a machine tries. Each time customers and journeys have names of their own."""

    runner: asyncio.Runner
    sending: Sending
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        # Nobody dispatches what is accepted here, so it waits for as long as the machines say.
        limits = Limits(behind=timedelta.max)
        self.ingestion = Ingestion(self.sending.database, CHANNELS, lambda: None, limits)
        parts = self.sending.parts[-1]
        self.following = Following(self.sending.database, parts.policies, parts.library)

    def do(self, what: Coroutine[Any, Any, T]) -> T:
        """Let something happen, and wait for it."""
        return self.runner.run(what)

    @property
    def mailbox(self) -> list[Message]:
        """What arrived at the vendors."""
        return self.sending.sandbox.mailbox.messages

    def begin(self) -> int:
        """Start anew; gives a number nobody had."""
        self.recover()
        return next(self.numbers)

    def recover(self) -> None:
        """The vendors are well again, and the worker has no memory of how they were."""
        self.sending.sandbox.faults.clear()
        self.sending.start_anew()
        self.do(self._lift_pauses())

    async def _lift_pauses(self) -> None:
        async with self.sending.database.transaction() as session:
            for channel in CHANNELS:
                await lift_pause(session, channel)

    async def accept(self, shopper: Shopper, event: str, at: datetime, **said: Any) -> int:
        """An event is accepted as the doors accept it, with its properties or, of an identify, its `traits`.
        Gives its number."""
        traits = said.pop("traits", {})
        profile = read_profile(event, said, traits, {})
        number = next(self.numbers)
        incoming = Incoming(
            id=f"event-{number}",
            name=event,
            who=Who(shopper.id.removeprefix("c_")),
            at=at,
            properties=said,
            profile=profile,
        )
        await self.ingestion.accept([incoming], now=at)
        return await self.latest()

    async def ledger(self, journeys: Sequence[str]) -> Sequence[Delivery]:
        """What the ledger has of some journeys."""
        async with self.sending.database.reading() as session:
            return (await session.exec(select(Delivery).where(col(Delivery.journey).in_(journeys)))).all()

    async def approval(self, approval_id: str) -> Approval:
        """What people are shown, from the store."""
        async with self.sending.database.reading() as session:
            return await session.get_one(Approval, approval_id)

    async def latest(self) -> int:
        """The number of the event that was accepted last."""
        async with self.sending.database.reading() as session:
            return (await session.exec(select(func.max(col(EventRecord.seq))))).one() or 0

    async def publish_policies(self, text: str, at: datetime) -> None:
        """Other policies go live, and the worker takes them up as it does each second."""
        async with self.sending.database.transaction() as session:
            version = f"v{next(self.numbers)}"
            files = {"policies.yaml": text}
            await publish_files(session, "policies", "policies.yaml", version, files, "olga", at)
        await self.following.look()

    def request(
        self, shopper: Shopper, journey: str, start_seq: int, now: datetime, **step: Any
    ) -> DeliverRequest:
        """What a new run of a journey asks to let leave."""
        run = f"run-{next(self.numbers)}"
        ref = RunRef(
            workflow_id=f"{journey}:{shopper.id}:{run}",
            first_run_id=run,
            journey=journey,
            version="v1",
            customer_id=shopper.id,
        )
        start = Event(id=f"start-{run}", name="Product Viewed", at=now, seq=start_seq, properties=TENT)
        request = self.sending.request(shopper, run, **{"start": start, "now": now} | step)
        return request.model_copy(update={"run": ref})

    async def attempt(self, request: DeliverRequest, attempt: int = 1) -> Any:
        """One attempt, or PutOff."""
        try:
            return await self.sending.deliver(request, attempt)
        except ApplicationError as error:
            return PutOff(str(error))

    async def together(self, *happening: Coroutine[Any, Any, Any]) -> Sequence[Any]:
        """All at the same time."""
        return await asyncio.gather(*happening)

    def play(self, machine: type["TownMachine"], examples: int, steps: int) -> None:
        """Let a machine try to break what it holds for true, `examples` times for each fifty of the profile."""
        # To find the shortest way to a failure would take longer than a test may: what is told is as it was found.
        found = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        examples = examples * hypothesis.settings().max_examples // 50
        settings = hypothesis.settings(max_examples=examples, stateful_step_count=steps, phases=found)
        # Typed as a class; whatever makes a machine will do.
        run_state_machine_as_test(cast(Any, partial(machine, self)), settings=settings)


class TownMachine(RuleBasedStateMachine):
    """A machine that lives in a town."""

    def __init__(self, town: Town) -> None:
        super().__init__()
        self.town = town
        self.number = town.begin()
        self.now: datetime


@contextmanager
def a_town(database_url: str, folder: Path) -> Generator[Town]:
    """A town for as long as the block lasts. All happens on one loop, which only turns while something does."""
    with asyncio.Runner() as runner:
        doors = AsyncExitStack()
        sandbox = runner.run(doors.enter_async_context(retail_sandbox(folder / "vendors")))
        database = Database(database_url)
        doors.push_async_callback(database.close)
        sending = Sending(database, sandbox, copy_project(RETAIL, folder / "project"))
        doors.push_async_callback(sending.close)
        sending.reload()
        try:
            yield Town(runner, sending)
        finally:
            runner.run(doors.aclose())
