"""The first page: how much waits, runs and leaves, at a glance."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from starter.console.page import PageRoute, SignedIn
from starter.console.words import tone
from store.channels import list_pauses
from store.guardrails import guardrails
from store.history import Counts, count_deliveries, count_runs, list_runs

_LOOKS_BACK = timedelta(days=7)
_LATEST = 8
_TONES = ("good", "calm", "busy", "bad")

router = APIRouter(route_class=PageRoute)


@dataclass(frozen=True)
class Share:
    """A part of a whole, for a bar: `start` and `width` are per cent."""

    label: str
    count: int
    start: float
    width: float


@dataclass(frozen=True)
class Bar:
    label: str
    total: int
    shares: list[Share]


@router.get("/")
async def show_overview(console: SignedIn) -> HTMLResponse:
    """What is rolled back, which channels are paused, and the latest runs; of the last seven days open approvals,
    runs by outcome and deliveries by channel."""
    now = datetime.now(UTC)
    since = now - _LOOKS_BACK
    async with console.services.database.reading() as session:
        runs = await count_runs(session, since)
        deliveries = await count_deliveries(session, since)
        latest = await list_runs(session)
        pauses = await list_pauses(session)
        tripped = await guardrails(session, state="tripped")
    ends = _bar("ended", [(outcome, number) for state, outcome, number in runs if state == "closed"])
    return await console.show(
        "overview.html",
        going=sum(n for state, _, n in runs if state != "closed"),
        ends=ends,
        channels=_by_channel(deliveries),
        latest=latest.rows[:_LATEST],
        rolled_back=sorted({row.journey for row in tripped if not row.split}),
        closed=[row for row in tripped if row.split],
        pauses=pauses,
        now=now,
    )


def _by_channel(deliveries: Counts) -> list[Bar]:
    """A bar for each channel, the busiest first."""
    channels: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for channel, state, number in deliveries:
        channels[channel].append((state, number))
    bars = [_bar(channel, parts) for channel, parts in channels.items()]
    return sorted(bars, key=lambda bar: -bar.total)


def _bar(label: str, parts: list[tuple[str, int]]) -> Bar:
    """The parts of a whole, good ones first and the larger before the smaller."""
    parts = sorted(parts, key=lambda part: (_TONES.index(tone(part[0])), -part[1], part[0]))
    total, start, shares = sum(count for _, count in parts), 0.0, list[Share]()
    for name, count in parts:
        width = 100 * count / total
        shares.append(Share(name, count, start, width))
        start += width
    return Bar(label, total, shares)
