"""Accepts events: event, customer change and outbox row become durable in one transaction, or none does."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.events import OUTCOMES
from project.model import IdentityRules
from starter.ingestion.changes import apply_profiles
from starter.ingestion.incoming import Incoming
from starter.ingestion.joining import apply_links
from starter.ingestion.live import fold_features
from starter.ingestion.pressure import Limits, Pressure, StoreUnavailable
from starter.ingestion.recognition import Raced, Stage, recognise
from starter.ingestion.tally import Tally
from starter.segments.membership import Conditions, Look, Looked
from store.database import Database
from store.events import NewEvent, add_events, keep_refusals
from store.intake import Count, latest_times, take_turn
from store.outcomes import OutcomeFact, record_outcomes
from store.tables import Customer, CustomerFeatures, Refusal

LATE = timedelta(hours=1)
"""An event that comes longer after it happened counts as late."""

_ATTEMPTS = 5
_VENDOR_CODE = re.compile(r"[\w.-]{1,60}", re.ASCII)
"""A code, and no sentence: these may name an address, and the ledger keeps none."""
_CONFLICTS = {"40001", "40P01"}
"""PostgreSQL's serialization failure and deadlock: the same transaction succeeds when tried again."""
_AWAY = ("08", "53", "57")
"""The classes of PostgreSQL's errors for no connection, no resources and a shutdown."""


class Ingestion:
    """The one way in for events, whatever door they came through."""

    def __init__(
        self,
        database: Database,
        channels: Sequence[str],
        accepted: Callable[[], None],
        limits: Limits = Limits(),
        rules: IdentityRules = IdentityRules(),
        segments: Callable[[], Conditions] = dict[str, str],
    ) -> None:
        """`channels` are those a consent to every channel means; `accepted` is called after each commit; by
        `rules` the customers of events are found; `segments` gives those that they may enter and leave."""
        self._segments = segments
        self._rules = rules
        self._database = database
        self._channels = tuple(channels)
        self._accepted = accepted
        self.pressure = Pressure(database, limits)
        self.tally = Tally(database)

    async def accept(
        self, events: Sequence[Incoming], refused: Sequence[Refusal] = (), now: datetime | None = None
    ) -> int:
        """Keep events in order, and what was refused beside them. Gives how many events were new. `now`, in UTC,
        is when they are received where another clock than the machine's counts, as in a rehearsal.

        When it returns, all of it is durable. Raises NotAccepted, and then nothing was kept.
        """
        try:
            await self.pressure.check(now or datetime.now(UTC))
            counts = await self._keep(events, refused, now)
        except (SQLAlchemyError, OSError) as error:
            if not _is_away(error):
                raise
            raise StoreUnavailable("the database does not answer; send the same again") from error
        self._accepted()
        self.tally.add(counts)
        return counts["accepted"]

    async def _keep(
        self, events: Sequence[Incoming], refused: Sequence[Refusal], now: datetime | None
    ) -> Counter[Count]:
        for attempt in range(_ATTEMPTS):
            try:
                async with self._database.transaction() as session:
                    await take_turn(session, alone=attempt > 0)
                    new_refusals = await keep_refusals(session, refused)
                    counts = await self._write(session, events, now or datetime.now(UTC))
                    counts["refused"] = new_refusals
                    return counts
            except DBAPIError as error:
                if not _may_succeed_again(error) or attempt == _ATTEMPTS - 1:
                    raise
            except Raced as error:
                if attempt == _ATTEMPTS - 1:
                    raise StoreUnavailable("its customers change too fast; send the same again") from error
        raise AssertionError("the last attempt returns or raises")

    async def _write(self, session: AsyncSession, events: Sequence[Incoming], now: datetime) -> Counter[Count]:
        once = list({event.id: event for event in reversed(events)}.values())[::-1]
        stages, known = await recognise(session, once, self._rules, now)
        latest = await latest_times(session, {customer.id for stage in stages for customer, _ in stage.events})
        for stage in stages:
            await apply_links(session, stage.links, now)
            await apply_profiles(session, stage.events, self._channels, now)
            features = await fold_features(session, stage.events, now)
            changes = await Look(session, self._segments(), now).at(_looked(stage, features))
            await session.flush()
            await record_outcomes(session, [fact for each in stage.events if (fact := _outcome(*each))])
            await add_events(session, [*(_new_event(*each, now) for each in stage.events), *changes])
        counts = _counted(stages, latest, now)
        counts["duplicate"] = len(events) - len(once) + known
        return counts


def _looked(stage: Stage, features: Mapping[str, CustomerFeatures]) -> list[Looked]:
    """Each customer of a stage with the last of their events, which may have changed their segments."""
    last = {customer.id: (customer, event) for customer, event in stage.events}
    return [
        Looked(customer, features[customer.id], event.name, event.traceparent) for customer, event in last.values()
    ]


def _counted(stages: Sequence[Stage], latest: dict[str, datetime], now: datetime) -> Counter[Count]:
    """How many events are new, and how many of them come late or after a later one of their customer."""
    counts = Counter[Count]()
    for customer, event in (each for stage in stages for each in stage.events):
        before = latest.get(customer.id, event.at)
        counts["accepted"] += 1
        counts["late"] += now - event.at > LATE
        counts["out_of_order"] += event.at < before
        latest[customer.id] = max(before, event.at)
    return counts


def _may_succeed_again(error: DBAPIError) -> bool:
    return isinstance(error, IntegrityError) or _sqlstate(error) in _CONFLICTS


def _is_away(error: SQLAlchemyError | OSError) -> bool:
    """Whether the database is to blame. What is wrong with the data itself would be wrong for ever."""
    if isinstance(error, DBAPIError) and (_may_succeed_again(error) or _sqlstate(error).startswith(_AWAY)):
        return True
    return isinstance(error, OSError | OperationalError | InterfaceError | PoolTimeout)


def _sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


def _new_event(customer: Customer, event: Incoming, received_at: datetime) -> NewEvent:
    return NewEvent(
        id=event.id,
        customer_id=customer.id,
        name=event.name,
        properties=event.properties,
        occurred_at=event.at,
        received_at=received_at,
        traceparent=event.traceparent,
    )


def _outcome(customer: Customer, event: Incoming) -> OutcomeFact | None:
    outcome, delivery_id = OUTCOMES.get(event.name), event.properties.get("delivery_id")
    if outcome is None or not isinstance(delivery_id, str):
        return None
    code = str(event.properties.get("code", "")) if outcome in ("failed", "bounced") else ""
    return OutcomeFact(
        delivery_id=delivery_id,
        customer_id=customer.id,
        outcome=outcome,
        at=event.at,
        code=code if _VENDOR_CODE.fullmatch(code) else "",
    )


def ingestion_of(request: Request) -> Ingestion:
    """The ingestion of the application that serves this request."""
    return cast(Ingestion, request.app.state.ingestion)


EventsIn = Annotated[Ingestion, Depends(ingestion_of)]
