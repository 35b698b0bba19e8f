"""The lift over holdouts: of each journey over those it leaves alone, and of all over the permanent holdout."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.assignment import share
from journeys.experiments import ALONE, TREATED, arms_of
from journeys.model import Journey
from learning.experiments.arms import Span
from learning.experiments.lift import Lift, lift, says
from learning.experiments.samples import TooFew
from policies.holdout import HoldoutPolicy
from starter.experiments.document import interval
from starter.experiments.reporting import seen_of
from store.exposures import Unit, in_any_journey, in_holdout

ALL = "all journeys"


@dataclass(frozen=True)
class Wanted:
    """What counts, and when."""

    event: str
    window: timedelta
    """Of a journey, since a customer first came into it."""
    since: datetime
    now: datetime


@dataclass(frozen=True)
class Told:
    """The lift of one journey or of all; None with the reason while nothing can be said."""

    of: str
    share: float
    """Per cent that are left alone."""
    lift: Lift | None
    why_not: str = ""


async def lifts(
    session: AsyncSession, journeys: Collection[Journey], holdout: HoldoutPolicy | None, wanted: Wanted
) -> list[Told]:
    """That of all journeys together, if a share of all customers is left alone, and of each with a holdout."""
    found = [await _of_all(session, holdout, wanted)] if holdout and 0 < holdout.share < 100 else []
    for journey in sorted(journeys, key=lambda each: each.journey):
        if len(arms := arms_of(journey, "")) and 0 < arms[ALONE] < 100:
            found.append(await _of_one(session, journey, arms, wanted))
    return found


async def _of_one(session: AsyncSession, journey: Journey, arms: Mapping[str, float], wanted: Wanted) -> Told:
    units = [unit for unit in await in_holdout(session, journey.journey) if unit.since >= wanted.since]
    span = Span(wanted.window, wanted.window, wanted.since, wanted.now)
    return await _told(session, journey.journey, units, arms, span, wanted.event)


async def _of_all(session: AsyncSession, holdout: HoldoutPolicy, wanted: Wanted) -> Told:
    """Everybody who ever came into a journey, by all that they did in the period: a permanent holdout misses all
    the messages, and not those of one run."""
    units = [
        Unit(customer, ALONE if share(holdout.seed, customer) < holdout.share / 100 else TREATED, since)
        for customer, since in (await in_any_journey(session)).items()
    ]
    arms = {ALONE: holdout.share, TREATED: 100 - holdout.share}
    span = Span(None, wanted.now - wanted.since, wanted.since, wanted.now)
    return await _told(session, ALL, units, arms, span, wanted.event)


async def _told(
    session: AsyncSession, of: str, units: list[Unit], arms: Mapping[str, float], span: Span, event: str
) -> Told:
    try:
        found = lift(await seen_of(session, units, event, span.before), arms, span)
    except TooFew as error:
        return Told(of, arms[ALONE], None, f"too early: {error} in both groups")
    return Told(of, arms[ALONE], found)


def document(told: Told) -> dict[str, Any]:
    """One lift for programs. Money is in the currency of the events."""
    found = told.lift
    if found is None:
        return {"of": told.of, "share": told.share, "why_not": told.why_not}
    brought = found.brought
    return {
        "of": told.of,
        "share": told.share,
        "says": says(found),
        "money": interval(brought.money),
        "conversions": interval(brought.conversions),
        "money_each": interval(brought.value.difference),
        "rate": interval(brought.rate.difference),
        "held_out": {"customers": found.held_out.conversions.customers, "rate": found.held_out.conversions.mean},
        "treated": {"customers": found.treated.conversions.customers, "rate": found.treated.conversions.mean},
        "waiting": found.waiting,
        "split_p": found.split,
        "sound": found.sound,
    }
