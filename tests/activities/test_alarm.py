"""The operators are told of denials that ask for it, each reason once an hour."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from activities.delivering.alarm import Alarm
from policies.model import Deny, Finding, Ruling
from store.database import Database
from tests.activities.conftest import Endpoint, alerts_of

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
ABROAD = Deny(reason="'sms' to numbers of LV is not among the destinations", alert=True)
QUIETLY = Deny(reason="the customer withdrew consent")


def denied(*verdicts: Deny) -> Ruling:
    return Ruling(verdict=verdicts[0], findings=tuple(Finding(policy="destinations", verdict=v) for v in verdicts))


async def test_of_many_messages_that_are_denied_for_one_reason_operators_hear_once_an_hour(
    tmp_path: Path, sqlite_database: Database, endpoint: Endpoint
) -> None:
    written = f"alerts: {{operators: ['json://{endpoint.host}/up']}}"
    alarm = Alarm(alerts_of(tmp_path, sqlite_database, written))
    before = asyncio.all_tasks()

    for minutes, journey in ((0, "welcome"), (0, "welcome"), (59, "welcome"), (59, "signup"), (60, "welcome")):
        alarm.sound(journey, denied(QUIETLY, ABROAD), NOON + timedelta(minutes=minutes))
    await asyncio.gather(*(asyncio.all_tasks() - before))

    assert sorted(heard["title"] for heard in endpoint.heard) == [
        "'signup' may not send", "'welcome' may not send", "'welcome' may not send",
    ]  # fmt: skip
    assert all("'destinations' keeps messages of" in heard["message"] for heard in endpoint.heard)
    assert all(ABROAD.reason in heard["message"] for heard in endpoint.heard)
