"""The customers of CDNOW, as features make them of their orders."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest

from learning.features.document import Features, fold_all
from learning.features.observed import DAY, Observed
from learning.scores.interface import Subject

START = date(1997, 1, 1)
WEEKS_39 = date(1997, 9, 30)
"""The end of the weeks that the papers fit to."""
_FILE = Path(__file__).parent / "cdnow.csv"


def at(day: date) -> int:
    """The noon of a day, in seconds since 1970."""
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())


@cache
def orders() -> dict[str, list[Observed]]:
    """Every order, by customer."""
    lines = [line.split(",") for line in _FILE.read_text().splitlines() if not line.startswith("#")]
    events = [
        (customer, Observed("Order Completed", at(START + timedelta(days=int(day))), {"total": int(cents) / 100}))
        for customer, day, cents in lines
    ]
    return {customer: [event for _, event in group] for customer, group in groupby(events, lambda each: each[0])}


@cache
def known_until(end: date) -> list[Subject]:
    """The customers as they were at the end of a day."""
    until = at(end) + DAY // 2
    documents = [fold_all({}, [event for event in own if event.at < until]) for own in orders().values()]
    return [Subject(document, at(end)) for document in documents]


@pytest.fixture
def cdnow() -> Callable[[date], list[Subject]]:
    return known_until


def bought(times: int, first_days_ago: int, last_days_ago: int, total: float = 20.0, coupons: int = 0) -> Features:
    """The features of someone who bought so many times, evenly from the first to the last."""
    now = at(WEEKS_39)
    gap = (first_days_ago - last_days_ago) / max(1, times - 1)
    return fold_all(
        {},
        [
            Observed(
                "Order Completed",
                now - round(first_days_ago - gap * number) * DAY,
                {"total": total, **({"coupon": "TEN"} if number < coupons else {})},
            )
            for number in range(times)
        ],
    )
