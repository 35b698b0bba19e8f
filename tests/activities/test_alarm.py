"""The operators are told of denials that ask for it once an hour, and of what will be denied soon once a day."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from activities.delivering.alarm import Alarm
from policies.model import Allow, Deny, Finding, Ruling
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


async def test_of_what_will_stop_soon_operators_hear_once_a_day_from_all_workers_and_journeys_together(
    tmp_path: Path, sqlite_database: Database, endpoint: Endpoint
) -> None:
    alerts = alerts_of(tmp_path, sqlite_database, f"alerts: {{operators: ['json://{endpoint.host}/up']}}")
    near = Allow(reason="0.12 % of last week's mails were complained about", alert=True)
    ruling = Ruling(verdict=near, findings=(Finding(policy="bulk_mail", verdict=near),))
    one, other = Alarm(alerts), Alarm(alerts)
    before = asyncio.all_tasks()

    for worker, journey, hours in (
        (one, "a", 0),
        (one, "b", 1),
        (other, "a", 2),
        (one, "a", 23),
        (other, "b", 26),
    ):
        worker.sound(journey, ruling, NOON + timedelta(hours=hours))
        await asyncio.gather(*(asyncio.all_tasks() - before))

    assert len(endpoint.heard) == 2
    assert {heard["title"] for heard in endpoint.heard} == {"'bulk_mail' will stop messages if this goes on"}
    assert all(near.reason in heard["message"] for heard in endpoint.heard)
