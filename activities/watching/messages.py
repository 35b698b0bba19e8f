"""What happened after a journey's messages, by channel: unsubscribes, complaints, bounces, support tickets, visits
that ended at once, and the margin of orders."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from activities.watching.sight import Look, Sight
from journeys.events import OPT_OUT
from journeys.guardrails import Margin, Rate
from learning.features.observed import number
from learning.features.orders import ORDERED
from learning.features.sessions import GAP
from learning.guardrails.streams import Amounts, Counted, judge_mean, judge_rate
from store.reception import Order, Slot, Visit, followed_by, orders_after, outcomes_by_hour, visits_after

Each = TypeVar("Each", Counted, Amounts)
_BOUNCED = ("bounced", "failed")


async def watch_messages(look: Look) -> list[Sight]:
    """Every guardrail over the journey's messages, for each channel that it sent over of late."""
    counts, unit = await _counts(look), {"page_bounces": "visits"}
    rules: dict[str, Rate] = {
        "unsubscribes": look.rules.unsubscribes,
        "complaints": look.rules.complaints,
        "bounces": look.rules.bounces,
        "tickets": look.rules.tickets,
        "page_bounces": look.rules.page_bounces,
    }
    sights: list[Sight] = []
    for name, rule in rules.items():
        for channel in _channels(look, name, counts[name]):
            hours = _hours(look, name, channel, counts[name])
            judged = judge_rate(hours.score, hours.settling, hours.still_open, rule, unit.get(name, "messages"))
            sights.append(Sight(name, channel, judged.reading, judged.score, hours.counted_to))
    if look.rules.margin is not None:
        sights += await _margins(look, look.rules.margin)
    return sights


async def _counts(look: Look) -> dict[str, dict[Slot, Counted]]:
    since, until, of = _since(look), look.now, (look.session, look.journey)
    states = await outcomes_by_hour(*of, since, until)
    sent = {slot: sum(by_state.values()) for slot, by_state in states.items()}
    left, asked = await followed_by(*of, ((OPT_OUT,), look.rules.tickets.events), since, until)

    def after(happened: Mapping[Slot, int]) -> dict[Slot, Counted]:
        return {slot: Counted(happened.get(slot, 0), count) for slot, count in sent.items()}

    return {
        "unsubscribes": after(left),
        "complaints": after({slot: by_state.get("complained", 0) for slot, by_state in states.items()}),
        "bounces": after({slot: sum(by_state.get(s, 0) for s in _BOUNCED) for slot, by_state in states.items()}),
        "tickets": after(asked),
        "page_bounces": _ended_at_once(await visits_after(*of, since, until), until),
    }


def _channels(look: Look, name: str, by_slot: Mapping[Slot, object]) -> list[str]:
    """Those of the messages, and those that were looked at before: a score lasts while nothing is sent."""
    return sorted({slot.channel for slot in by_slot} | {channel for of, channel in look.known if of == name})


def _ended_at_once(visits: Sequence[Visit], now: datetime) -> dict[Slot, Counted]:
    """Of the visits that are over, those in which one page was seen in the first half hour."""
    gap, found = timedelta(seconds=GAP), defaultdict[Slot, list[bool]](list)
    for visit in visits:
        first = visit.pages[0]
        if first + gap <= now:
            found[visit.slot].append(sum(page <= first + gap for page in visit.pages) == 1)
    return {slot: Counted(sum(ended), len(ended)) for slot, ended in found.items()}


async def _margins(look: Look, rule: Margin) -> list[Sight]:
    orders = await orders_after(look.session, look.journey, ORDERED, _since(look), look.now)
    by_slot = _amounts(orders, rule.name)
    sights: list[Sight] = []
    for channel in _channels(look, "margin", by_slot):
        hours = _hours(look, "margin", channel, by_slot)
        judged = judge_mean(hours.score, hours.settling, hours.still_open, rule)
        sights.append(Sight("margin", channel, judged.reading, judged.score, hours.counted_to))
    return sights


def _amounts(orders: Sequence[Order], name: str) -> dict[Slot, Amounts]:
    found = defaultdict[Slot, list[float]](list)
    for order in orders:
        amount = number(order.properties.get(name))
        if amount is not None:
            found[order.slot].append(amount)
    return {slot: Amounts(values) for slot, values in found.items()}


@dataclass(frozen=True)
class _Hours(Generic[Each]):
    """The hours of one channel that are not counted for good, by whether they are from now on."""

    score: float
    settling: list[Each]
    still_open: list[Each]
    counted_to: datetime


def _hours(look: Look, name: str, channel: str, by_slot: Mapping[Slot, Each]) -> _Hours[Each]:
    known, settled = look.known.get((name, channel)), _settled(look)
    counted_to = known.counted_to if known and known.counted_to else settled
    hours = sorted(slot.hour for slot in by_slot if slot.channel == channel)
    ours = [hour for hour in hours if hour >= counted_to.timestamp()]
    split = settled.timestamp()
    return _Hours(
        known.score if known else 0.0,
        [by_slot[Slot(channel, hour)] for hour in ours if hour < split],
        [by_slot[Slot(channel, hour)] for hour in ours if hour >= split],
        max(counted_to, settled),
    )


def _settled(look: Look) -> datetime:
    """The start of the hour from which on what comes of messages is still heard of."""
    return (look.now - look.rules.settles).replace(minute=0, second=0, microsecond=0)


def _since(look: Look) -> datetime:
    """From when on messages are not counted for good by every guardrail."""
    kept = [row.counted_to for row in look.known.values() if row.counted_to is not None]
    return min([*kept, _settled(look)])
