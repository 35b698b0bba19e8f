"""The lift over holdouts: of each journey over those it leaves alone, of its planners over business as usual, and
of all over the permanent holdout."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from content.surfaces import Surface
from deciding.reporting import seen_of
from journeys.experiments import ALONE, PLANNED, TREATED, arms_of, of_share
from journeys.ids import surface_journey
from journeys.model import Journey
from journeys.usual import AS_USUAL
from learning.experiments.arms import Span
from learning.experiments.document import interval
from learning.experiments.lift import Lift, lift, says
from learning.experiments.samples import TooFew
from policies.holdout import HoldoutPolicy
from store.exposures import Unit, going_as_usual, in_any_journey, in_holdout, seeing_as_usual

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
    over: str
    """The arm it is held against: those who are left alone, or those for whom it goes as usual."""
    share: float
    """Per cent in that arm."""
    lift: Lift | None
    why_not: str = ""


async def lifts(
    session: AsyncSession,
    journeys: Collection[Journey],
    surfaces: Mapping[str, Surface],
    holdout: HoldoutPolicy | None,
    wanted: Wanted,
) -> list[Told]:
    """That of each journey over every arm that it has to be held against, and of the planners of each surface over
    business as usual. Customers whom a permanent `holdout` leaves alone see no planner's choice in either arm."""
    found: list[Told] = []
    for journey in sorted(journeys, key=lambda each: each.journey):
        if journey.holdout and journey.holdout < 100:
            units = await in_holdout(session, journey.journey)
            found.append(await _of_one(session, journey.journey, arms_of(journey, ""), units, wanted))
        if journey.as_usual and journey.as_usual < 100:
            units = await going_as_usual(session, journey.journey, journey.as_usual)
            found.append(await _of_one(session, journey.journey, arms_of(journey, AS_USUAL), units, wanted))
    for name, surface in sorted(surfaces.items()):
        if surface.as_usual and surface.as_usual < 100:
            units = await seeing_as_usual(session, name, surface.as_usual)
            units = [unit for unit in units if not (holdout and holdout.held_out(unit.customer_id))]
            arms = of_share(surface.as_usual, AS_USUAL, PLANNED)
            found.append(await _of_one(session, surface_journey(name), arms, units, wanted))
    return found


async def _of_one(
    session: AsyncSession, name: str, arms: Mapping[str, float], units: Sequence[Unit], wanted: Wanted
) -> Told:
    lately = [unit for unit in units if unit.since >= wanted.since]
    span = Span(wanted.window, wanted.window, wanted.since, wanted.now)
    return await _told(session, name, lately, arms, span, wanted.event)


async def lift_of_all(session: AsyncSession, holdout: HoldoutPolicy, wanted: Wanted) -> Told:
    """That of all journeys together over the permanent holdout: of everybody who ever came into a journey, by all
    that they did in the period. A permanent holdout misses all the messages, and not those of one run."""
    units = [
        Unit(customer, ALONE if holdout.held_out(customer) else TREATED, since)
        for customer, since in (await in_any_journey(session)).items()
    ]
    arms = {ALONE: holdout.share, TREATED: 100 - holdout.share}
    span = Span(None, wanted.now - wanted.since, wanted.since, wanted.now)
    return await _told(session, ALL, units, arms, span, wanted.event)


async def _told(
    session: AsyncSession, of: str, units: list[Unit], arms: Mapping[str, float], span: Span, event: str
) -> Told:
    over, percent = next(iter(arms.items()))
    try:
        found = lift(await seen_of(session, units, event, span.before), arms, span)
    except TooFew as error:
        return Told(of, over, percent, None, f"too early: {error} in both groups")
    return Told(of, over, percent, found)


def document(told: Told) -> dict[str, Any]:
    """One lift for programs. Money is in the currency of the events."""
    found = told.lift
    if found is None:
        return {"of": told.of, "over": told.over, "share": told.share, "why_not": told.why_not}
    brought = found.brought
    return {
        "of": told.of,
        "over": told.over,
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
