"""The suppression list over HTTP: who is on it and why, and putting an address on it or taking it off.

The list keeps digests: what is on it cannot be read back, so that an address is always asked about whole.
"""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel.ext.asyncio.session import AsyncSession

from project.access import Person
from starter.identity.callers import CallerRoute, Refusal, may
from starter.ingestion.addresses import read_email, read_phone
from starter.listings import PageNumber
from starter.services import Shared
from store.suppressions import Reason, find_suppression, list_suppressions, release, suppress
from store.tables import Suppression

router = APIRouter(prefix="/v1/suppressions", route_class=CallerRoute, tags=["suppressions"])
_Reader = Annotated[Person, may("customers:read")]
_Writer = Annotated[Person, may("suppressions:write")]


class NoAddress(Refusal):
    """What was given is neither a mail address nor a phone number."""

    code, status = "no_address", 422


class NotSuppressed(Refusal):
    """The address is not on the list."""

    code, status = "not_found", 404


class AddressBody(BaseModel):
    """In a body, because addresses keep what they name in the logs of every proxy."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(min_length=3, max_length=320)
    """A mail address, or a phone number with its country's code."""


class SuppressBody(AddressBody):
    reason: Reason = "manual"


class Suppressed(BaseModel):
    """An address that nothing is sent to. Times are UTC."""

    kind: str
    digest: str
    """SHA-256 of the address in its plain form."""
    reason: str
    source: str
    at: datetime


class SuppressedList(BaseModel):
    """One page of the list; ask for the page after it while `more` is true."""

    suppressions: list[Suppressed]
    page: int
    more: bool


@router.get("")
async def list_all(
    _: _Reader,
    services: Shared,
    reason: Reason | None = None,
    page: PageNumber = 1,
) -> SuppressedList:
    """The list, the latest first; for one reason only when it is given."""
    async with services.database.reading() as session:
        found = await list_suppressions(session, reason or "", page)
    return SuppressedList(suppressions=[_view(row) for row in found.rows], page=found.number, more=found.more)


@router.post("/search")
async def search(body: AddressBody, _: _Reader, services: Shared) -> Suppressed:
    """Why nothing is sent to an address."""
    async with services.database.reading() as session:
        return _view(await _found(session, *_kind_of(body.address)))


@router.post("")
async def add(body: SuppressBody, caller: _Writer, services: Shared) -> Suppressed:
    """Send nothing to an address from now on, whoever gives it. One that is listed already stays as it is."""
    kind, address = _kind_of(body.address)
    now = datetime.now(UTC)
    async with services.database.transaction() as session:
        await suppress(session, kind, address, body.reason, caller.email, now)
        return _view(await _found(session, kind, address))


@router.post("/release")
async def take_off(body: AddressBody, caller: _Writer, services: Shared) -> Suppressed:
    """Let messages go to an address again, if the customer's consents and the policies do."""
    kind, address = _kind_of(body.address)
    async with services.database.transaction() as session:
        told = _view(await _found(session, kind, address))
        await release(session, kind, address, by=caller.email, at=datetime.now(UTC))
    return told


def _kind_of(given: str) -> tuple[str, str]:
    """The kind of an address, and its plain form. Raises NoAddress."""
    if email := read_email(given):
        return "email", email
    if phone := read_phone(given):
        return "phone", phone
    raise NoAddress(
        "This is neither a mail address nor a phone number with its country's code, as in +49 151 12345642."
    )


async def _found(session: AsyncSession, kind: str, address: str) -> Suppression:
    row = await find_suppression(session, kind, address)
    if row is None:
        raise NotSuppressed("This address is not on the suppression list.")
    return row


def _view(row: Suppression) -> Suppressed:
    return Suppressed.model_validate(row.model_dump())
