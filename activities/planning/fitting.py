"""Fits the parameters of scores to the customers there are."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from learning.features.document import fold_all
from learning.features.observed import Observed
from learning.features.sight import subject_of
from learning.scores.interface import HORIZON_DAYS, Example, Subject
from learning.scores.registry import known_scores
from store.customers import find_customers
from store.database import Database
from store.events import events_after
from store.features import next_features
from store.scores import keep_fit
from store.tables import Customer, EventRecord, ScoreFit
from workflows.ports import FitRequest, Fitted

MOST = 20_000
"""Customers that are fitted to. Their ids are random, so that the first ones are a fair sample."""
RECALLED = 2_000
"""Of these, those whose events are read again, to know what they were like before they bought or did not."""
_PAGE = 500


class Fitting:
    """The activity of the nightly fit."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn
    async def fit_scores(self, request: FitRequest) -> Fitted:
        """Fit every score that there are customers enough for. Safe to retry."""
        fits = await fit_scores(self._database, request.now)
        return Fitted(customers={fit.score: fit.customers for fit in fits})


async def fit_scores(database: Database, now: datetime) -> list[ScoreFit]:
    """Fit every score that there are customers enough for, and keep what came of it. `now` is UTC.

    What could not be fitted keeps the parameters it had.
    """
    examples = await _examples(database, now)
    fits: list[ScoreFit] = []
    for name, model in known_scores().items():
        if len(examples) < model.least:
            continue
        parameters = await asyncio.to_thread(model.fit, examples)
        if parameters is not None:
            fit = ScoreFit(score=name, parameters=dict(parameters), customers=len(examples), fitted_at=now)
            async with database.transaction() as session:
                await keep_fit(session, fit)
            fits.append(fit)
    return fits


async def _examples(database: Database, now: datetime) -> list[Example]:
    found: list[Example] = []
    after: str | None = ""
    while after is not None and len(found) < MOST:
        async with database.reading() as session:
            rows = await next_features(session, after, _PAGE)
            customers = await find_customers(session, [row.customer_id for row in rows])
            for row in rows:
                subject = subject_of(_zone(customers.get(row.customer_id)), row.document, now)
                if len(found) < RECALLED:
                    found.append(await _recalled(session, row.customer_id, subject, now))
                else:
                    found.append(Example(subject, None, bought=False))
        after = rows[-1].customer_id if len(rows) == _PAGE else None
    return found


def _zone(customer: Customer | None) -> str | None:
    return customer.time_zone if customer else None


async def _recalled(session: AsyncSession, customer_id: str, subject: Subject, now: datetime) -> Example:
    """The customer with what they were like before the last weeks, folded anew from their events."""
    cutoff = int((now - timedelta(days=HORIZON_DAYS)).timestamp())
    events = [_observed(record) for record in await events_after(session, customer_id, 0)]
    earlier: Sequence[Observed] = [event for event in events if event.at <= cutoff]
    before = Subject(fold_all({}, earlier), cutoff) if earlier else None
    return Example(subject, before, any(e.at > cutoff and e.name == "Order Completed" for e in events))


def _observed(event: EventRecord) -> Observed:
    return Observed(event.name, int(min(event.occurred_at, event.received_at).timestamp()), event.properties)
