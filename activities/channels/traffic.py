"""What one worker lets through to each channel: so many messages a second, none while the vendor asks for a pause,
and none while nothing gets through anyway (a circuit breaker).

A message that has to wait has not been reserved: nothing is lost, and nothing is written for it. Times are those
of the workflow's clock.
"""

import asyncio
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from activities.alerting import Alerts, Told
from activities.channels.model import OutcomeUnknown, Provider, Refused, RetryLater, SendError
from settings import OPERATORS
from store.channels import lift_pause, put_pause
from store.database import Database
from store.tables import ChannelPause

_FAILURES = 5
"""So many messages in a row that none gets through open the breaker."""
_FIRST_BREAK = timedelta(seconds=15)
_LONGEST_BREAK = timedelta(minutes=5)
_PROBE = timedelta(seconds=30)
"""How long the one message may take that is let through after a pause, before another is."""
_LONGEST_SLEEP = 1.0
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_WORKER = f"{os.getpid()}@{socket.gethostname()}"


@dataclass
class _Lane:
    """The way to one channel's provider."""

    provider: Provider
    failures: int = 0
    breaks: int = 0
    """How often the breaker opened since a message last got through."""
    paused_until: datetime = _LONG_AGO
    why: str = ""
    probed_at: datetime | None = None
    told: bool = False
    """Whether the store knows of the pause."""
    next_turn: float = 0.0
    """By the machine's own clock, in seconds."""
    next_return: float = 0.0


class Traffic:
    """The traffic of one worker to all of its channels."""

    def __init__(self, database: Database, providers: Mapping[str, Provider], alerts: Alerts) -> None:
        self._database = database
        self._alerts = alerts
        self._telling: set[asyncio.Task[Told]] = set()
        self._lanes = {channel: _Lane(provider) for channel, provider in providers.items()}

    async def admit(self, channel: str, now: datetime) -> None:
        """Let one message through, after up to a second. Raises RetryLater when it has to come again later."""
        lane = self._lanes.get(channel)
        if lane is None:
            return
        left = (lane.paused_until - now).total_seconds()
        if left > _LONGEST_SLEEP:
            raise RetryLater("channel.paused", lane.why, timedelta(seconds=left))
        # Who comes back as it was told is early by what the first answer took to be written down.
        await asyncio.sleep(max(left, 0))
        if lane.why:
            # One message shows whether the others may follow.
            if lane.probed_at is not None and now - lane.probed_at < _PROBE:
                raise RetryLater("channel.paused", lane.why, timedelta(seconds=2))
            lane.probed_at = now
        if lane.provider.per_second:
            await _take_turn(lane, 1 / lane.provider.per_second)

    async def report(self, channel: str, error: SendError | None, now: datetime) -> None:
        """Say what became of a message that was let through; None when the provider took it."""
        lane = self._lanes[channel]
        lane.probed_at = None
        if isinstance(error, RetryLater) and error.everyone and error.after is not None:
            await self._pause(channel, lane, error, now, min(error.after, _LONGEST_BREAK))
        elif error is not None and _nothing_gets_through(error):
            lane.failures += 1
            if lane.failures >= _FAILURES or lane.breaks:
                lane.breaks += 1
                await self._pause(channel, lane, error, now, _break(lane.breaks))
                if lane.breaks == 1:
                    self._tell(channel, error)
        else:
            lane.failures, lane.breaks, lane.why = 0, 0, ""
            if lane.told:
                lane.told = False
                async with self._database.transaction() as session:
                    await lift_pause(session, channel, _WORKER)

    async def _pause(
        self, channel: str, lane: _Lane, error: SendError, now: datetime, how_long: timedelta
    ) -> None:
        lane.paused_until = max(lane.paused_until, now + how_long)
        lane.why, lane.told = f"nothing is sent over {channel} for now: {error}", True
        pause = ChannelPause(
            channel=channel,
            worker=_WORKER,
            provider=lane.provider.provider,
            code=error.code,
            reason=error.reason,
            since=now,
            until=lane.paused_until,
        )
        async with self._database.transaction() as session:
            await put_pause(session, pause)

    def _tell(self, channel: str, error: SendError) -> None:
        """Tell the operators that the breaker opened. The message that waits for its answer does not wait for it,
        and what the vendor said may name a customer, so it stays in the store."""
        text = (
            f"No message gets through over {channel} ({error.code}). The worker {_WORKER} pauses it, and lets one "
            "message try after each pause; what waits is not lost. 'sojourn channel status' tells why."
        )
        task = asyncio.create_task(self._alerts.tell(OPERATORS, f"Nothing is sent over {channel} for now", text))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)


def _nothing_gets_through(error: SendError) -> bool:
    """Whether an error says more of the channel than of one message."""
    if isinstance(error, Refused):
        return error.remedy == "fix_configuration"
    return isinstance(error, OutcomeUnknown) or (isinstance(error, RetryLater) and error.everyone)


def _break(number: int) -> timedelta:
    """15 seconds, and twice as long each time, up to five minutes."""
    return min(_FIRST_BREAK * 2 ** min(number - 1, 10), _LONGEST_BREAK)


async def _take_turn(lane: _Lane, gap: float) -> None:
    """Wait for the next turn, if it comes within a second; else raise RetryLater, each for a turn of its own."""
    now = time.monotonic()
    turn = max(lane.next_turn, now)
    if turn - now > _LONGEST_SLEEP:
        lane.next_return = max(lane.next_return, turn) + gap
        raise RetryLater(
            "channel.busy", "the channel's own rate is used up", timedelta(seconds=lane.next_return - now)
        )
    lane.next_turn = turn + gap
    await asyncio.sleep(turn - now)
