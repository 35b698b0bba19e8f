"""What came in, over HTTP, for whoever looks after it: events, refusals, dead letters and counts.

People ask with their token. What cannot be delivered is dead until someone has it tried again.
"""

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, model_validator

from project.access import Person
from starter.identity.callers import CallerRoute, may
from starter.ingestion.acceptance import ingestion_of
from starter.listings import PageNumber
from starter.services import Shared
from store.events import list_events, list_refusals
from store.intake import Intake, read_intake
from store.outbox import DeadLetter, list_dead, revive
from store.paging import Page
from store.tables import EventRecord, Refusal

router = APIRouter(prefix="/v1/events", route_class=CallerRoute, tags=["events"])

_Reader = Annotated[Person, may("events:read")]
_Retrier = Annotated[Person, may("events:retry")]
Row = TypeVar("Row")


class Listing(BaseModel, Generic[Row]):
    """One page of a listing; ask for the page after it while `more` is true. Times are UTC."""

    items: list[Row]
    page: int
    more: bool


class RetryBody(BaseModel):
    """Which dead events to try again: those named by their ids, or all."""

    model_config = ConfigDict(extra="forbid")

    events: list[str] | None = None
    all: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> "RetryBody":
        if (self.events is not None) == self.all:
            raise ValueError('name them as {"events": [...]}, or say {"all": true}')
        return self


class Retried(BaseModel):
    """How many dead events are being tried again."""

    retried: int


@router.get("")
async def list_accepted(
    _: _Reader, services: Shared, name: str = "", customer: str = "", page: PageNumber = 1
) -> Listing[EventRecord]:
    """Accepted events, the latest first."""
    async with services.database.reading() as session:
        return _listing(await list_events(session, name=name, customer_id=customer, number=page))


@router.get("/refused")
async def list_refused(_: _Reader, services: Shared, page: PageNumber = 1) -> Listing[Refusal]:
    """Items that are no events, the latest first."""
    async with services.database.reading() as session:
        return _listing(await list_refusals(session, page))


@router.get("/dead")
async def list_dead_letters(_: _Reader, services: Shared, page: PageNumber = 1) -> Listing[DeadLetter]:
    """Events that could not be delivered, the oldest first."""
    async with services.database.reading() as session:
        return _listing(await list_dead(session, page))


@router.post("/dead/retry")
async def retry(caller: _Retrier, services: Shared, body: RetryBody) -> Retried:
    """Try dead events again; they come after what was delivered meanwhile."""
    async with services.database.transaction() as session:
        return Retried(retried=await revive(session, body.events, by=caller.email, at=datetime.now(UTC)))


@router.get("/status")
async def status(
    _: _Reader, services: Shared, request: Request, days: Annotated[int, Query(ge=1, le=365)] = 7
) -> Intake:
    """How event intake does: what waits, what is dead, and the counts of the last days."""
    await ingestion_of(request).tally.write()
    async with services.database.reading() as session:
        return await read_intake(session, datetime.now(UTC), days)


def _listing(page: Page[Row]) -> Listing[Row]:
    return Listing(items=list(page.rows), page=page.number, more=page.more)
