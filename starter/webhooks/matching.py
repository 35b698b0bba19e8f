"""Finds what vendors' reports are about: a delivery by our id or theirs, or a customer by address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from starter.webhooks.model import ABOUT_PEOPLE, Report
from store.customers import holders_of
from store.outcomes import find_by_id, find_by_provider_id, last_message
from store.tables import Delivery

ANSWERED_WITHIN = timedelta(days=3)
"""For how long what a customer writes is taken for an answer to our last message."""


@dataclass(frozen=True, slots=True)
class Match:
    """A report, whom it is about, and the delivery, where one is known."""

    report: Report
    customer_id: str
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class Matched:
    """What was found. `early` are reports about messages that may become known, `foreign` the others."""

    matches: list[Match]
    early: list[Report]
    foreign: list[Report]


async def match_reports(session: AsyncSession, channel: str, reports: Sequence[Report], now: datetime) -> Matched:
    """Find what reports about a channel's messages are about. One about an address that several people have, and
    that is a wish, matches each of them."""
    by_id = await find_by_id(session, {r.delivery_id for r in reports if r.delivery_id})
    by_vendor = await find_by_provider_id(session, channel, {r.provider_id for r in reports if r.provider_id})
    found = Matched([], [], [])
    for report in reports:
        delivery = by_id.get(report.delivery_id) or by_vendor.get(report.provider_id)
        if delivery is not None and delivery.channel == channel:
            found.matches.append(Match(report, delivery.customer_id, delivery))
        elif report.told in ABOUT_PEOPLE and (report.address or report.user_id):
            people = await _people(session, channel, report, now)
            found.matches.extend(people)
            if not people:
                found.foreign.append(report)
        # Our own id is known before the message leaves: one that is not was made elsewhere.
        elif report.provider_id and not report.delivery_id:
            found.early.append(report)
        else:
            found.foreign.append(report)
    return found


async def _people(session: AsyncSession, channel: str, report: Report, now: datetime) -> list[Match]:
    holders = await _holders(session, channel, report)
    if not holders:
        return []
    last = await last_message(session, holders, channel, now - ANSWERED_WITHIN)
    if report.told != "replied":
        return [Match(report, customer_id, None) for customer_id in holders]
    if last is not None:
        return [Match(report, last.customer_id, last)]
    return [Match(report, holders[0], None)] if len(holders) == 1 else []


async def _holders(session: AsyncSession, channel: str, report: Report) -> list[str]:
    """The customers with the id or the address that a report names. An id is one person's, so it goes first."""
    named = [("whatsapp_user_id", report.user_id), ("email" if channel == "email" else "phone", report.address)]
    for kind, value in named:
        if value and (found := await holders_of(session, kind, [value])):
            return sorted({address.customer_id for address in found})
    return []
