"""Merges by people, over HTTP: two customers made one, and two again."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from project.access import Person
from starter.identity.callers import CallerRoute, Refusal, may
from starter.ingestion.joining import merge_customers, unmerge_customers
from starter.services import Shared
from store.merging import NotMerged

router = APIRouter(route_class=CallerRoute, tags=["customers"])
_Merger = Annotated[Person, may("customers:merge")]


class CannotMerge(Refusal):
    """The two cannot be made one, or the one cannot be made two."""

    code, status = "cannot_merge", 409


class MergeBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    gone: str
    """The id of the customer who turned out to be the one of the address."""
    reason: str = Field(min_length=1, max_length=500)
    """For whoever asks later why they are one."""


class Merged(BaseModel):
    """Two customers who are one now."""

    merge: int
    """By which it can be undone."""
    customer_id: str
    gone: str


class Unmerged(BaseModel):
    """Two customers who were one, and are kept apart from now on."""

    customers: list[str]


@router.post("/v1/customers/{customer_id}/merge")
async def merge(customer_id: str, body: MergeBody, caller: _Merger, services: Shared) -> Merged:
    """Make two customers one, whatever the rules say. The one of the address keeps the id."""
    try:
        async with services.database.transaction() as session:
            done = await merge_customers(
                session, customer_id, body.gone, caller.email, body.reason, datetime.now(UTC)
            )
    except NotMerged as error:
        raise CannotMerge(f"{_sentence(error)} Nothing was merged.") from error
    return Merged(merge=done.id or 0, customer_id=done.survivor_id, gone=done.gone_id)


@router.post("/v1/merges/{number}/undo")
async def undo(number: int, caller: _Merger, services: Shared) -> Unmerged:
    """Make one customer two again. No event makes them one from then on, only a person."""
    try:
        async with services.database.transaction() as session:
            pair = await unmerge_customers(session, number, caller.email, datetime.now(UTC))
    except NotMerged as error:
        raise CannotMerge(f"{_sentence(error)} Nothing was undone.") from error
    return Unmerged(customers=[customer.id for customer in pair])


def _sentence(error: NotMerged) -> str:
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}."
