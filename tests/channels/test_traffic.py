"""What a worker lets through to a channel: its rate, the pauses a vendor asks for, and the circuit breaker."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apprise.result import AppriseResult

from activities.alerting import Alerts
from activities.channels.model import OutcomeUnknown, Refused, RetryLater, SendError
from activities.channels.smtp import Smtp
from activities.channels.traffic import Traffic
from store.channels import list_pauses
from store.database import Database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
UNREACHABLE = RetryLater("smtp.unreachable", "connection refused", everyone=True)
WRONG_PASSWORD = Refused("smtp.535", "bad credentials", "stop_channel")
UNTRUSTED = Refused("smtp.5.7.26", "not trusted here", "fix_configuration")
NO_ANSWER = OutcomeUnknown("smtp.no_answer", "timed out")
LIMITED = RetryLater("smtp.421", "too many", timedelta(seconds=40), everyone=True)


def seconds(number: float) -> datetime:
    return NOON + timedelta(seconds=number)


def traffic_of(
    database: Database,
    per_second: float | None = None,
    services: Mapping[str, Any] | None = None,
    worker: str = "1@host",
) -> Traffic:
    smtp = Smtp(host="mail.example", sender="Shop <a@shop.example>", per_second=per_second)
    alerts = Alerts(services or {}, database, "http://console.example")
    return Traffic(database, {"email": smtp}, alerts, worker)


@pytest.fixture
def traffic(sqlite_database: Database) -> Traffic:
    return traffic_of(sqlite_database)


async def broken(traffic: Traffic, error: SendError = UNREACHABLE) -> Traffic:
    for number in range(5):
        await traffic.admit("email", NOON)
        await traffic.report("email", f"d_{number}", error, NOON)
    return traffic


async def waits(traffic: Traffic, at: float) -> float:
    """How long a message is told to wait, in seconds."""
    with pytest.raises(RetryLater) as later:
        await traffic.admit("email", seconds(at))
    assert later.value.after is not None
    return later.value.after.total_seconds()


@pytest.mark.parametrize("error", [UNREACHABLE, UNTRUSTED, NO_ANSWER])
async def test_five_messages_in_a_row_that_do_not_get_through_open_the_breaker(
    error: SendError, traffic: Traffic
) -> None:
    await broken(traffic, error)

    assert await waits(traffic, at=5) == 10


@pytest.mark.parametrize(
    "error",
    [
        Refused("smtp.5.1.1", "unknown user", "deactivate_address"),
        Refused("smtp.5.6.0", "malformed", "fix_content"),
        RetryLater("smtp.450", "greylisted", timedelta(minutes=5)),
        None,
    ],
)
async def test_what_is_about_one_message_alone_opens_nothing(error: SendError | None, traffic: Traffic) -> None:
    for _ in range(2):
        for _ in range(4):
            await traffic.report("email", "d_1", UNREACHABLE, NOON)
        await traffic.report("email", "d_2", error, NOON)

    await traffic.admit("email", NOON)


async def test_after_the_pause_one_message_goes_ahead_and_the_others_wait_for_what_becomes_of_it(
    traffic: Traffic,
) -> None:
    await broken(traffic)

    await traffic.admit("email", seconds(15))
    assert await waits(traffic, at=15) == 2
    await traffic.report("email", "d_6", None, seconds(16))

    await traffic.admit("email", seconds(16))
    await traffic.admit("email", seconds(16))


async def test_each_failed_try_makes_the_pause_twice_as_long_up_to_five_minutes(traffic: Traffic) -> None:
    await broken(traffic)
    at, pauses = 15.0, list[float]()
    for _ in range(6):
        await traffic.admit("email", seconds(at))
        await traffic.report("email", "d_6", UNREACHABLE, seconds(at))
        pauses.append(await waits(traffic, at=at))
        at += pauses[-1]

    assert pauses == [30, 60, 120, 240, 300, 300]


async def test_one_that_went_ahead_and_was_never_heard_of_again_lets_another_follow(traffic: Traffic) -> None:
    """The guard may have denied it, or its worker's attempt timed out."""
    await broken(traffic)
    await traffic.admit("email", seconds(15))

    await traffic.admit("email", seconds(46))


async def test_a_wait_that_the_vendor_asks_for_holds_for_every_message(traffic: Traffic) -> None:
    await traffic.report("email", "d_1", LIMITED, NOON)

    assert await waits(traffic, at=10) == 30
    await traffic.admit("email", seconds(40))


async def test_a_greylisted_recipient_keeps_nobody_else_waiting(traffic: Traffic) -> None:
    await traffic.report("email", "d_1", RetryLater("smtp.450", "greylisted", timedelta(minutes=5)), NOON)

    await traffic.admit("email", NOON)


async def test_settings_that_let_nothing_leave_stop_the_channel_with_the_first_message(traffic: Traffic) -> None:
    await traffic.report("email", "d_1", WRONG_PASSWORD, NOON)

    assert await waits(traffic, at=5) == 10


async def test_one_message_that_is_held_and_tried_again_does_not_speak_for_the_channel(traffic: Traffic) -> None:
    for _ in range(6):
        await traffic.report("email", "d_1", UNTRUSTED, NOON)

    await traffic.admit("email", NOON)


async def test_a_held_message_shows_after_an_outage_that_the_vendor_answers_again(
    traffic: Traffic,
) -> None:
    await broken(traffic)
    await traffic.admit("email", seconds(15))
    await traffic.report("email", "d_6", UNTRUSTED, seconds(16))

    await traffic.admit("email", seconds(16))


async def test_what_left_before_the_pause_does_not_end_it(traffic: Traffic) -> None:
    await traffic.report("email", "d_1", LIMITED, NOON)
    await traffic.report("email", "d_0", None, seconds(1))

    assert await waits(traffic, at=10) == 30


async def test_ops_see_the_pause_until_a_message_gets_through(database: Database) -> None:
    traffic = await broken(traffic_of(database), UNTRUSTED)
    async with database.reading() as session:
        [pause] = await list_pauses(session)
    assert (pause.channel, pause.provider, pause.code, pause.worker) == ("email", "smtp", "smtp.5.7.26", "1@host")
    assert (pause.until, pause.setting) == (seconds(15), True)

    await traffic.admit("email", seconds(15))
    await traffic.report("email", "d_6", None, seconds(16))

    async with database.reading() as session:
        assert await list_pauses(session) == []


async def test_what_one_worker_finds_holds_for_every_worker_and_one_message_of_all_tries(
    database: Database,
) -> None:
    finder, other = await broken(traffic_of(database)), traffic_of(database, worker="2@host")
    await other.admit("email", NOON)

    await other.look(NOON)

    assert await waits(other, at=5) == 10
    await other.admit("email", seconds(15))
    assert await waits(finder, at=15) == 2
    await other.report("email", "d_6", UNREACHABLE, seconds(16))
    await finder.look(seconds(17))
    assert await waits(finder, at=17) == 29  # the second break is twice as long, whoever finds it

    await other.admit("email", seconds(46))
    await other.report("email", "d_7", None, seconds(47))
    await finder.admit("email", seconds(47))


async def test_workers_share_a_channels_rate_as_long_as_they_are_there(database: Database) -> None:
    ours, theirs = (traffic_of(database, 0.5, worker=f"{number}@host") for number in (1, 2))
    for now in (NOON, seconds(2)):
        await ours.look(now)
        await theirs.look(now)

    await ours.admit("email", NOON)
    one, another = [await waits(ours, at=0) for _ in range(2)]
    assert another - one == pytest.approx(4, abs=0.5)

    await ours.look(seconds(30))  # the other has not said since that it is there
    one, another = [await waits(ours, at=30) for _ in range(2)]
    assert another - one == pytest.approx(2, abs=0.5)


async def test_a_channels_own_rate_sends_the_surplus_back_for_turns_of_their_own(
    sqlite_database: Database,
) -> None:
    traffic = traffic_of(sqlite_database, per_second=0.5)
    await traffic.admit("email", NOON)

    told = [await waits(traffic, at=0) for _ in range(3)]

    assert told == pytest.approx([4, 6, 8], abs=0.5)


async def test_a_channel_that_is_not_set_up_is_not_held_back(traffic: Traffic) -> None:
    await traffic.admit("fax", NOON)


class Listener:
    """Stands for the services of an audience, and remembers what they were told."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def async_notify(self, **alert: Any) -> Any:
        await self.heard.put(alert)
        return AppriseResult()


async def test_the_operators_are_told_once_that_nothing_gets_through(sqlite_database: Database) -> None:
    operators = Listener()
    traffic = await broken(traffic_of(sqlite_database, services={"operators": operators}))
    await traffic.report("email", "d_6", Refused("smtp.535", "ada@shoppers.example said no", "stop_channel"), NOON)

    alert = await operators.heard.get()
    assert alert["title"] == "Nothing is sent over email for now"
    assert "smtp.unreachable" in alert["body"]
    assert operators.heard.empty()
