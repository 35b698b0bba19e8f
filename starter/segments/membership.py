"""Looks at which segments customers are in, and tells of those they enter and leave, in one transaction."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.conditions import holds
from journeys.events import SEGMENT_ENTERED, SEGMENT_LEFT
from journeys.features import Asked, asked_of
from journeys.ids import event_traceparent
from journeys.segments import version_of
from learning.features.document import Features
from learning.features.sight import see
from learning.features.turns import turns
from store.consents import consents_of_all, stands
from store.customers import scope_of
from store.events import NewEvent
from store.features import parameters, with_messages
from store.segments import memberships, segment_records
from store.tables import ConsentRecord, Customer, CustomerFeatures, Membership, SegmentRecord

_MOST_TURNS = 8
"""Moments at which an answer may change that are tried in one go; if it is none of them, it is looked at then."""

Conditions = Mapping[str, str]
"""By the names of all segments, who is in them: see journeys.segments."""


@dataclass(frozen=True)
class Looked:
    """A customer to look at, locked, with the features as they are by now."""

    customer: Customer
    features: CustomerFeatures | None
    because: str = "time"
    """The event that may have changed something; `time` when none did."""
    traceparent: str = ""


class Look:
    """One look at several customers, at one moment in UTC."""

    def __init__(self, session: AsyncSession, conditions: Conditions, now: datetime) -> None:
        self._session = session
        self._conditions = conditions
        self._now = now
        self._asked = asked_of(conditions.values())
        self._fits: dict[str, dict[str, float]] = {}
        self._consents: dict[str, dict[str, dict[str, bool]]] = {}
        self._ends: dict[str, datetime] = {}
        self._known: dict[tuple[str, str], Membership] = {}
        self._records: dict[str, SegmentRecord] | None = None

    async def at(self, customers: Sequence[Looked]) -> list[NewEvent]:
        """Record what changed, when to look again, and give the events that tell of it."""
        if not self._conditions or not customers:
            return []
        ids = [looked.customer.id for looked in customers]
        self._known = await memberships(self._session, ids)
        if self._asks("scores"):
            self._fits = await parameters(self._session)
        if self._asks("consents"):
            consents = await consents_of_all(self._session, ids)
            self._consents, self._ends = as_attributes(consents, self._now), _next_ends(consents, self._now)
        known = {looked.customer.id: looked.features.document if looked.features else {} for looked in customers}
        documents = await with_messages(self._session, known, self._asked)
        return [event for looked in customers for event in await self._one(looked, documents[looked.customer.id])]

    def _asks(self, name: str) -> bool:
        return self._asked is None or name in self._asked

    async def _one(self, looked: Looked, document: Features) -> list[NewEvent]:
        features = {**document, "fits": self._fits}
        attributes = {**scope_of(looked.customer), "consents": self._consents.get(looked.customer.id, {})}
        scope = _scope(attributes, features, self._now, self._asked)
        now_in = {name: holds(condition, scope) for name, condition in self._conditions.items()}
        again = [
            _next_turn(self._conditions[name], member, attributes, features, scope, self._now)
            for name, member in now_in.items()
        ]
        again.append(self._ends.get(looked.customer.id))
        self._look_again(looked, min((at for at in again if at is not None), default=None))
        return [event for name, member in now_in.items() if (event := await self._record(looked, name, member))]

    def _look_again(self, looked: Looked, at: datetime | None) -> None:
        row = looked.features
        if row is None and at is None:
            return
        if row is None:
            row = CustomerFeatures(customer_id=looked.customer.id, document={}, changed_at=self._now)
        # One who is looked at too early is looked at again: a row that is indexed by it changes less often so.
        if at is None or row.look_at is None or not self._now < row.look_at <= at:
            row.look_at = at
        self._session.add(row)

    async def _record(self, looked: Looked, name: str, member: bool) -> NewEvent | None:
        """Record a membership; gives the event that tells of it, if it is news."""
        version, row = version_of(self._conditions[name]), self._known.get((looked.customer.id, name))
        before = row is not None and row.member
        if member == before and (row is None or row.version == version):
            return None
        is_news = member != before and await self._is_news(looked.customer, name, row, version)
        if row is None:
            row = Membership(
                segment=name, customer_id=looked.customer.id, member=member, since=self._now, version=version
            )
        if member != before:
            row.member, row.since = member, self._now
        row.version = version
        self._session.add(row)
        return _event(looked, name, member, self._now) if is_news else None

    async def _is_news(self, customer: Customer, name: str, row: Membership | None, version: str) -> bool:
        """Whether a change came of the customer: not of a definition that is new, by which they are looked at for
        the first time."""
        if row is not None:
            return row.version == version
        if self._records is None:
            self._records = await segment_records(self._session)
        record = self._records.get(name)
        return record is None or record.counted or customer.created_at >= record.changed_at


def as_attributes(consents: Collection[ConsentRecord], now: datetime) -> dict[str, dict[str, dict[str, bool]]]:
    """By customer, what they allow at a moment as conditions of segments see it: by purpose and channel, and under
    `topics` by the list."""
    found: dict[str, dict[str, dict[str, bool]]] = {}
    for record in consents:
        kind, name = ("topics", record.topic) if record.topic else (record.purpose, record.channel)
        found.setdefault(record.customer_id, {}).setdefault(kind, {})[name] = stands(record, now)
    return found


def _next_ends(consents: Collection[ConsentRecord], now: datetime) -> dict[str, datetime]:
    """By customer, when the first of their consents ends by itself."""
    ends = sorted(
        ((record.until, record.customer_id) for record in consents if record.until and record.until > now),
        reverse=True,
    )
    return {customer_id: end for end, customer_id in ends}


def _scope(
    attributes: Mapping[str, Any], features: Features, now: datetime, asked: Asked | None
) -> dict[str, Any]:
    return {"customer": see(attributes, features, now, asked), "now": now}


def _next_turn(
    condition: str,
    member: bool,
    attributes: Mapping[str, Any],
    features: Features,
    scope: Mapping[str, Any],
    now: datetime,
) -> datetime | None:
    """When the answer changes by time alone, or the last moment that was tried; None when it never does."""
    later = sorted({at for at in turns(condition, scope, features, now) if at > now.timestamp()})
    asked = asked_of([condition])
    for at in later[:_MOST_TURNS]:
        then = datetime.fromtimestamp(at, UTC)
        if holds(condition, _scope(attributes, features, then, asked)) != member:
            return then
    return datetime.fromtimestamp(later[_MOST_TURNS - 1], UTC) if len(later) > _MOST_TURNS else None


def _event(looked: Looked, name: str, member: bool, now: datetime) -> NewEvent:
    event_id = f"segment_{secrets.token_hex(16)}"
    return NewEvent(
        id=event_id,
        customer_id=looked.customer.id,
        name=SEGMENT_ENTERED if member else SEGMENT_LEFT,
        properties={"segment": name, "because": looked.because},
        occurred_at=now,
        received_at=now,
        traceparent=looked.traceparent or event_traceparent(event_id),
    )
