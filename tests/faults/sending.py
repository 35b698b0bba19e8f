"""The `deliver` activity of the retail example without a server: a real store, and the vendors' sandbox."""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from pydantic import TypeAdapter
from sqlmodel import SQLModel, select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from journeys.events import Event
from journeys.ids import delivery_key
from journeys.interrupts import InterruptRules
from journeys.loader import load_journeys
from journeys.parts import Offer
from sandbox.server import Sandbox
from settings import Settings
from starter.ingestion.acceptance import Ingestion
from starter.ingestion.incoming import Incoming, Who
from store.database import Database
from store.tables import Address, Approval, ConsentRecord, Customer, Delivery, EventRecord, Identity, Span
from tests.approving import approve_content
from tests.retail import SECRET, TENT
from worker import Parts, load_parts, make_activities
from workflows.ports import (
    ApprovalTerms,
    Asked,
    DeliverRequest,
    DeliverResult,
    Edited,
    EditRequest,
    Grant,
    NotEdited,
    Notes,
    RunRef,
)

NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
"""A Monday, 12:00 in Berlin."""
TEN_PERCENT = Offer(discount=10, valid=timedelta(hours=24))
_RESULT: TypeAdapter[DeliverResult] = TypeAdapter(DeliverResult)


@dataclass
class Shopper:
    """Whom a message goes to, and the run that sends it."""

    id: str
    start_seq: int = 0

    @property
    def email(self) -> str:
        return f"{self.id}@shoppers.example"

    @property
    def phone(self) -> str:
        return f"+49151{crc32(self.id.encode()) % 10**8:08}"

    @property
    def push_token(self) -> str:
        return f"token-of-{self.id}"


@dataclass
class Sending:
    """Calls the activity as a worker does, attempt by attempt."""

    database: Database
    sandbox: Sandbox
    folder: Path
    """A copy of the project, which a test may edit."""
    zone: str = "Europe/Berlin"
    """Where the shoppers live."""
    parts: list[Parts] = field(default_factory=list[Parts])

    def reload(self) -> None:
        """A worker that starts now reads the project as it is now."""
        self.parts.append(load_parts(self.settings))
        self._journey = load_journeys(self.folder / "journeys")["browse-abandonment"]
        self.start_anew()

    def start_anew(self) -> None:
        """Of the project as it was read; what the vendors said until now is forgotten."""
        activities = make_activities(self.settings, self.database, self.parts[-1])
        self._activities = {each.__name__: each for each in activities}

    @property
    def settings(self) -> Settings:
        return Settings(
            project_dir=self.folder,
            state_dir=self.folder / "state",
            database_url=self.database.url,
            secret=SECRET,
        )

    async def close(self) -> None:
        for parts in self.parts:
            await parts.close()

    def edit(self, file: str, old: str, new: str) -> None:
        """Change a file of the project, and start anew."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        approve_content(self.folder)
        self.reload()

    async def shopper(self, name: str = "lena", **consents: bool) -> Shopper:
        """Someone who can be reached everywhere and allows everything but what `consents` says."""
        shopper, before = Shopper(f"c_{name}"), NOON - timedelta(days=9)
        granted = {"email": True, "push": True, "whatsapp": True} | consents
        kinds = {"email": shopper.email, "phone": shopper.phone, "push_token": shopper.push_token}
        viewed = EventRecord(
            id=f"viewed-{name}",
            customer_id=shopper.id,
            name="Product Viewed",
            properties=TENT,
            occurred_at=NOON,
            received_at=NOON,
        )
        rows: list[SQLModel] = [
            Customer(id=shopper.id, traits={}, time_zone=self.zone, locale="en_GB", created_at=before),
            Identity(kind="user", value=name, customer_id=shopper.id, since=before),
            *(Address(customer_id=shopper.id, kind=k, value=v, updated_at=before) for k, v in kinds.items()),
            *(_consent(shopper.id, channel, granted, before) for channel, granted in granted.items()),
            viewed,
        ]
        async with self.database.transaction() as session:
            for row in rows:
                session.add(row)
                await session.flush()
        return replace(shopper, start_seq=viewed.seq or 0)

    async def happens(self, name: str, event: str, **properties: Any) -> None:
        """An event of a shopper is accepted, as it is when the API has answered 200."""
        incoming = Incoming(
            id=f"{event}-{name}-{len(properties)}", name=event, who=Who(name), at=NOON, properties=properties
        )
        await Ingestion(self.database, ["email", "push", "whatsapp"], lambda: None).accept([incoming])

    def request(self, shopper: Shopper, run: str = "run-1", **changes: Any) -> DeliverRequest:
        """What a run of the retail journey asks: the reminder by email, or what `changes` say."""
        journey = self._journey
        given: dict[str, Any] = {
            "run": RunRef(
                workflow_id=f"browse-abandonment:{shopper.id}:{run}",
                first_run_id=run,
                journey=journey.journey,
                version=journey.version,
                customer_id=shopper.id,
            ),
            "step_id": "reminder",
            "pass_": 0,
            "channels": ("email",),
            "content": "browse-reminder",
            "purpose": "marketing",
            "approval": ApprovalTerms(author=journey.owner, within=timedelta(hours=24), otherwise="skip"),
            "start": Event(id="viewed", name="Product Viewed", at=NOON, seq=shopper.start_seq, properties=TENT),
            "interrupts": InterruptRules.of(journey),
            "facts": {},
            "now": NOON,
            "notes": Notes(),
        }
        return DeliverRequest.model_validate(given | changes)

    async def deliver(self, request: DeliverRequest, attempt: int = 1, after: timedelta = timedelta()) -> Any:
        """One attempt, `after` the first. Gives the result, or raises what makes Temporal try again."""
        environment = ActivityEnvironment()
        info = environment.info
        environment.info = replace(info, attempt=attempt, started_time=info.scheduled_time + after)
        return _RESULT.validate_python(await environment.run(self._activities["deliver"], request))

    async def edited(self, request: DeliverRequest, asked: Asked, **edits: str) -> Edited | NotEdited:
        """What comes of Ada's edit of what was asked about."""
        shown = self.granted(request, asked)
        return await self.edit_message(EditRequest(send=shown, edits=edits, by="ada@northwind.example"))

    async def edit_message(self, change: EditRequest) -> Edited | NotEdited:
        """What comes of an edit."""
        return await ActivityEnvironment().run(self._activities["edit_message"], change)

    async def put_off(
        self, request: DeliverRequest, attempt: int = 1, after: timedelta = timedelta()
    ) -> ApplicationError:
        """An attempt that must be tried again; gives what Temporal is told."""
        with pytest.raises(ApplicationError) as put_off:
            await self.deliver(request, attempt, after)
        assert not put_off.value.non_retryable
        return put_off.value

    async def deliver_all(self, requests: Sequence[DeliverRequest]) -> list[Any]:
        """All at the same time."""
        return list(await asyncio.gather(*(self.deliver(request) for request in requests)))

    def granted(
        self, request: DeliverRequest, asked: Asked, after: timedelta = timedelta(hours=1)
    ) -> DeliverRequest:
        """The same request, `after` it was asked about and Ada approved."""
        at = asked.asked_at + after
        grant = Grant(
            approval_id=asked.approval_id,
            content_hash=asked.content_hash,
            asked_at=asked.asked_at,
            by="ada@northwind.example",
            at=at,
        )
        return request.model_copy(update={"grant": grant, "now": at})

    async def delivery(self, request: DeliverRequest) -> Delivery:
        """The ledger's row for a request."""
        [row] = [row for row in await self.rows(Delivery) if row.id == key_of(request)]
        return row

    async def approval(self, asked: Asked) -> Approval:
        [row] = [row for row in await self.rows(Approval) if row.id == asked.approval_id]
        return row

    async def spans(self, request: DeliverRequest) -> list[tuple[str, str, str]]:
        """The timeline of a request's run: names, outcomes and reasons, in order."""
        mine = [span for span in await self.rows(Span) if span.workflow_id == request.run.workflow_id]
        return [(span.name, span.outcome, span.detail) for span in sorted(mine, key=lambda span: span.started_at)]

    async def rows(self, table: type[Any]) -> list[Any]:
        async with self.database.reading() as session:
            return list((await session.exec(select(table))).all())

    def received(self, request: DeliverRequest) -> int:
        """How often the message of a request arrived."""
        return [m.delivery_id for m in self.sandbox.mailbox.messages].count(key_of(request))


def key_of(request: DeliverRequest) -> str:
    run = request.run
    return delivery_key(run.workflow_id, run.first_run_id, request.step_id, request.pass_)


def copy_project(source: Path, folder: Path) -> Path:
    """A copy of a project that a test may edit."""
    return Path(shutil.copytree(source, folder))


def _consent(customer_id: str, channel: str, granted: bool, at: datetime) -> ConsentRecord:
    return ConsentRecord(
        customer_id=customer_id, channel=channel, purpose="marketing", granted=granted, source="test", at=at
    )


PUSH: dict[str, Any] = {"step_id": "second_look", "channels": ("push",), "content": "browse-second-look"}
OFFER: dict[str, Any] = {
    "step_id": "offer",
    "channels": ("whatsapp",),
    "content": "browse-offer",
    "offer": TEN_PERCENT,
}
