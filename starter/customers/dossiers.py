"""What is known of customers, found by any id and put together for people to read."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.features import FEATURES
from learning.features.sight import see
from starter.customers.scoring import ScoreView, read_scores
from starter.customers.timeline import Entry, entries
from starter.identity.callers import Refusal
from starter.ingestion.provenance import Words
from starter.services import Services
from store.audit import record
from store.consents import Standing, consents_of, standing, statements_of
from store.customers import addresses_of, find_customer
from store.dossier import (
    customers_named,
    happenings,
    holdings,
    list_customers,
    spans_of_customer,
)
from store.features import features_of
from store.identity import ids_of
from store.runs import open_runs
from store.segments import memberships
from store.suppressions import KINDS, find_suppression
from store.tables import Address, ConsentRecord, Customer, Identity

TIMELINE_PAGE = 50


class NoSuchCustomer(Refusal):
    """Nobody is known by this id."""

    code, status = "not_found", 404


class KnownAs(BaseModel):
    """An id by which the world knows a customer."""

    kind: str
    value: str


class AddressView(BaseModel):
    """Where a customer can be reached, or why not."""

    kind: str
    value: str
    active: bool
    why_inactive: str
    suppressed: str
    """Why nothing may be sent to it; empty when something may."""
    updated_at: datetime


class ConsentView(BaseModel):
    """What a customer last said about a channel and a purpose, or a topic."""

    channel: str
    purpose: str
    topic: str
    granted: bool
    confirmed: bool
    until: datetime | None
    """When it ends by itself, or ended."""
    standing: Standing
    """What it is worth now."""
    terms: str
    """Whether it was confirmed and when it ends, in words; empty where nothing is to be said."""
    source: str
    at: datetime


class SegmentView(BaseModel):
    """Whether a customer is in a segment, or was; `journey:NAME` is one that a journey has of its own."""

    segment: str
    member: bool
    since: datetime


class Summary(BaseModel):
    """A customer in a listing."""

    id: str
    known_as: list[KnownAs]
    created_at: datetime


class SummaryList(BaseModel):
    """One page of customers; ask for the page after it while `more` is true."""

    customers: list[Summary]
    page: int
    more: bool


class Profile(Summary):
    """Everything that is known of a customer but what happened. Times are UTC."""

    traits: dict[str, Any]
    time_zone: str | None
    locale: str | None
    addresses: list[AddressView]
    consents: list[ConsentView]
    segments: list[SegmentView]
    features: dict[str, Any]
    """What is worked out from their events, as conditions see it now."""
    scores: list[ScoreView]
    open_runs: list[str]


class Timeline(BaseModel):
    """One page of what happened to a customer, the latest first."""

    entries: list[Entry]
    page: int
    more: bool


class Dossiers:
    """The customers of an installation, for whoever may look at them."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self._kinds = services.project.identity.order

    async def list(self, named: str, page: int) -> SummaryList:
        """Customers, the newest first; only those known by an id when one is given."""
        async with self._database.reading() as session:
            found = (
                await customers_named(session, named.strip(), self._kinds, page)
                if named
                else await list_customers(session, page)
            )
            ids = [row.id for row in found.rows]
            known, words = await ids_of(session, ids), Words(await addresses_of(session, ids))
        rows = [
            Summary(id=row.id, known_as=_known_as(known[row.id], words), created_at=row.created_at)
            for row in found.rows
        ]
        return SummaryList(customers=rows, page=found.number, more=found.more)

    async def profile(self, customer_id: str) -> Profile:
        """A customer. Raises NoSuchCustomer."""
        async with self._database.reading() as session:
            return await _profile(session, await find(session, customer_id))

    async def timeline(self, customer_id: str, page: int = 1) -> Timeline:
        """What happened to a customer, everything in one place. Raises NoSuchCustomer."""
        last = page * TIMELINE_PAGE
        async with self._database.reading() as session:
            customer = await find(session, customer_id)
            told = entries(await happenings(session, customer.id, last + 1))
        return Timeline(entries=told[last - TIMELINE_PAGE : last], page=page, more=len(told) > last)

    async def export(self, customer_id: str, by: str) -> dict[str, Any]:
        """Every row that the store keeps of a customer, as plain JSON values, by what it is about. The audit log
        tells by whom it was asked for.

        Raises NoSuchCustomer.
        """
        async with self._database.transaction() as session:
            customer = await find(session, customer_id)
            subject, facts = f"customer:{customer.id}", {"what": "all that is known"}
            record(session, "export", subject, by, facts, at=datetime.now(UTC), customer_id=customer.id)
        async with self._database.reading() as session:
            customer = await find(session, customer_id)
            happened = await happenings(session, customer.id, None)
            profile = await _profile(session, customer)
            return {
                "customer": profile.model_dump(mode="json"),
                "timeline": [entry.model_dump(mode="json") for entry in entries(happened)],
                "consent_statements": _plain(await statements_of(session, customer.id)),
                "events": _plain(happened.events),
                "runs": _plain(happened.runs),
                "deliveries": _plain(happened.deliveries),
                "actions": _plain(happened.actions),
                "approvals": _plain(happened.approvals),
                "spans": _plain(await spans_of_customer(session, customer.id)),
                **{name: _plain(rows) for name, rows in (await holdings(session, customer.id)).items()},
            }


async def find(session: AsyncSession, customer_id: str) -> Customer:
    """A customer by their own id. Raises NoSuchCustomer."""
    customer = await find_customer(session, customer_id)
    if customer is not None and customer.erased_at is None:
        return customer
    if customer is not None:
        raise NoSuchCustomer(f"{customer_id} was erased on {customer.erased_at:%Y-%m-%d %H:%M} UTC.")
    raise NoSuchCustomer(f"There is no customer with the id '{customer_id}'. Search for other ids and addresses.")


async def _profile(session: AsyncSession, customer: Customer) -> Profile:
    features, now = await features_of(session, customer.id), datetime.now(UTC)
    segments = sorted((await memberships(session, [customer.id])).values(), key=lambda row: row.segment)
    addresses = await addresses_of(session, [customer.id])
    return Profile(
        id=customer.id,
        known_as=_known_as((await ids_of(session, [customer.id]))[customer.id], Words(addresses)),
        created_at=customer.created_at,
        traits=customer.traits,
        time_zone=customer.time_zone,
        locale=customer.locale,
        addresses=[await _address(session, row) for row in addresses],
        consents=[_consent(row, now) for row in await consents_of(session, customer.id)],
        segments=[SegmentView.model_validate(row.model_dump()) for row in segments],
        features=see({}, features, now, dict.fromkeys(FEATURES.keys() - {"scores"}, ())),
        scores=read_scores(customer, features, now),
        open_runs=[run.workflow_id for run in await open_runs(session, [customer.id])],
    )


async def _address(session: AsyncSession, row: Address) -> AddressView:
    listed = await find_suppression(session, row.kind, row.value) if row.kind in KINDS else None
    return AddressView.model_validate(row.model_dump() | {"suppressed": listed.reason if listed else ""})


def _consent(row: ConsentRecord, now: datetime) -> ConsentView:
    worth = standing(row, now)
    return ConsentView.model_validate(row.model_dump() | {"standing": worth, "terms": _terms(row, worth)})


def _terms(row: ConsentRecord, worth: Standing) -> str:
    # Only marketing over a channel is ever confirmed.
    unconfirmed = worth == "granted" and row.purpose == "marketing" and not row.topic
    told = ["not confirmed"] if unconfirmed else ["confirmed"] if row.confirmed else []
    if row.granted and row.until:
        told.append(f"{'ended' if worth == 'ended' else 'ends'} on {row.until:%Y-%m-%d}")
    return ", ".join(told)


def _known_as(identities: Sequence[Identity], words: Words) -> list[KnownAs]:
    return [KnownAs(kind=row.kind, value=words.value(row.kind, row.value)) for row in identities]


def _plain(rows: Sequence[BaseModel]) -> list[dict[str, Any]]:
    return [row.model_dump(mode="json") for row in rows]
