"""Customers over HTTP: found by any id, shown, exported, erased."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from project.access import Person
from starter.customers.dossiers import Dossiers, NoSuchCustomer, Profile, SummaryList, Timeline, find
from starter.customers.erasing import erase
from starter.customers.explaining import Explainer, Explanation
from starter.identity.callers import CallerRoute, Refusal, may
from starter.listings import PageNumber
from starter.services import Shared
from store.erasing import find_erasure, list_erasures
from store.tables import Erasure

router = APIRouter(route_class=CallerRoute, tags=["customers"])
_Reader = Annotated[Person, may("customers:read")]
_Exporter = Annotated[Person, may("customers:export")]
_Eraser = Annotated[Person, may("customers:erase")]


class NotConfirmed(Refusal):
    """What was confirmed is not what would be erased."""

    code, status = "not_confirmed", 409


class EraseBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    confirm: str
    """The customer's id once more, so that nobody is erased by a slip."""
    suppress: bool = False
    """Keep digests of the addresses, so that nothing is ever sent to them again, whoever gives them."""


class Proof(BaseModel):
    """That a customer was erased. It names nobody."""

    customer_id: str
    requested_at: datetime
    requested_by: str
    suppress: bool
    counts: dict[str, int]
    done_at: datetime | None


class ProofList(BaseModel):
    """One page of erasures; ask for the page after it while `more` is true."""

    erasures: list[Proof]
    page: int
    more: bool


class SearchBody(BaseModel):
    """Whom to look for. In a body, because addresses keep what they name in the logs of every proxy."""

    model_config = ConfigDict(extra="forbid")

    named: str
    """An id or an address, whole."""


@router.get("/v1/customers")
async def list_customers(_: _Reader, services: Shared, page: PageNumber = 1) -> SummaryList:
    """Customers, the newest first."""
    return await Dossiers(services).list("", page)


@router.post("/v1/customers/search")
async def search_customers(body: SearchBody, _: _Reader, services: Shared, page: PageNumber = 1) -> SummaryList:
    """The customers known by an id or an address, whatever kind it is."""
    return await Dossiers(services).list(body.named, page)


@router.get("/v1/customers/{customer_id}")
async def get_customer(customer_id: str, _: _Reader, services: Shared) -> Profile:
    """One customer."""
    return await Dossiers(services).profile(customer_id)


@router.get("/v1/customers/{customer_id}/timeline")
async def get_timeline(
    customer_id: str, _: _Reader, services: Shared, page: Annotated[int, Query(ge=1, le=200)] = 1
) -> Timeline:
    """What happened to a customer, the latest first."""
    return await Dossiers(services).timeline(customer_id, page)


@router.get("/v1/customers/{customer_id}/explain")
async def explain_customer(customer_id: str, _: _Reader, services: Shared, journey: str = "") -> Explanation:
    """Why a customer did or did not enter journeys and get messages, and why their ids are one person's."""
    return await Explainer(services).explain(customer_id, journey)


@router.get("/v1/customers/{customer_id}/export")
async def export_customer(customer_id: str, caller: _Exporter, services: Shared) -> dict[str, Any]:
    """Everything that is known of a customer."""
    return await Dossiers(services).export(customer_id, caller.email)


@router.post("/v1/customers/{customer_id}/erase", status_code=202)
async def erase_customer(customer_id: str, body: EraseBody, caller: _Eraser, services: Shared) -> Proof:
    """Erase a customer everywhere. It begins at once and cannot be taken back; the proof says when it is done."""
    async with services.database.reading() as session:
        customer = await find(session, customer_id)
    if body.confirm != customer.id:
        raise NotConfirmed(f"'{customer_id}' is {customer.id}; confirm exactly this id.")
    erasure = await erase(services, customer.id, caller, suppress=body.suppress)
    assert erasure is not None, "the customer was just found"
    return _proof(erasure)


@router.get("/v1/erasures")
async def get_erasures(_: _Eraser, services: Shared, page: PageNumber = 1) -> ProofList:
    """The erasures, the latest first."""
    async with services.database.reading() as session:
        found = await list_erasures(session, page)
    return ProofList(erasures=[_proof(row) for row in found.rows], page=found.number, more=found.more)


@router.get("/v1/erasures/{customer_id}")
async def get_erasure(customer_id: str, _: _Eraser, services: Shared) -> Proof:
    """The proof of one erasure; it is done when `done_at` is there."""
    async with services.database.reading() as session:
        erasure = await find_erasure(session, customer_id)
    if erasure is None:
        raise NoSuchCustomer(f"Nobody with the id '{customer_id}' was erased.")
    return _proof(erasure)


def _proof(erasure: Erasure) -> Proof:
    return Proof.model_validate(erasure.model_dump())
