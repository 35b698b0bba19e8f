"""What is let through to each channel: its own rate, the pauses its vendor asks for, and a circuit breaker.

A pause holds for every worker: who finds it writes it into the store, where the others look every two seconds, so
that a send asks nothing. Of the rate each worker takes its share. Pauses follow the workflow's clock, so that a
rehearsal passes them at once; the rate, what vendors count and the looks follow the machine's clock.
"""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from activities.alerting import Alerts, Told
from activities.channels.model import OutcomeUnknown, Provider, Refused, RetryLater, SendError
from project.model import OPERATORS
from store.channels import claim_trial, count_workers, lift_pause, list_pauses, note_worker, put_pause
from store.database import Database
from store.tables import ChannelPause

LOOK_EVERY = 2.0
"""Seconds between two looks at what the other workers found."""
GONE_AFTER = timedelta(seconds=15)
"""A worker that has not said for so long that it is there has no share of a rate."""
_FAILURES = 5
"""So many messages in a row that none gets through open the breaker."""
_FIRST_BREAK = timedelta(seconds=15)
_LONGEST_BREAK = timedelta(minutes=5)
_TRIAL = timedelta(seconds=30)
"""How long the one message may take that is let through after a pause, before another is."""
_LONGEST_SLEEP = 1.0
_WORKER = f"{os.getpid()}@{socket.gethostname()}"
_log = logging.getLogger(__name__)


class Paused(RetryLater):
    """Nothing is sent over a channel for now. `setting` says that a person has to mend something first."""

    def __init__(self, pause: ChannelPause, after: timedelta) -> None:
        why = f"nothing is sent over {pause.channel} for now: {pause.code}: {pause.reason}"
        super().__init__("channel.paused", why, after)
        self.setting = pause.setting


@dataclass
class _Lane:
    """The way to one channel's provider."""

    provider: Provider
    failures: int = 0
    refused: set[str] = field(default_factory=set[str])
    """The messages among the failures that the vendor refused as they are set up: each counts once."""
    pause: ChannelPause | None = None
    next_turn: float = 0.0
    """By the machine's own clock, in seconds."""
    next_return: float = 0.0


class Traffic:
    """The traffic of one worker to all of its channels."""

    def __init__(
        self, database: Database, providers: Mapping[str, Provider], alerts: Alerts, worker: str = _WORKER
    ) -> None:
        self._database = database
        self._alerts = alerts
        self._worker = worker
        self._workers = 1
        self._telling: set[asyncio.Task[Told]] = set()
        self._lanes = {channel: _Lane(provider) for channel, provider in providers.items()}

    async def admit(self, channel: str, now: datetime) -> None:
        """Let one message through, after up to a second. Raises Paused or RetryLater when it has to come again."""
        lane = self._lanes.get(channel)
        if lane is None:
            return
        if lane.pause is not None:
            await self._wait_out(lane, lane.pause, now)
        if lane.provider.per_second:
            await _take_turn(lane, self._workers / lane.provider.per_second)

    def holds_for(self, channel: str) -> timedelta:
        """How long a message waits that only the channel's settings keep from leaving."""
        return self._lanes[channel].provider.hold_for

    async def report(self, channel: str, delivery_id: str, error: SendError | None, now: datetime) -> None:
        """Say what became of a message that was let through; None when the provider took it."""
        lane = self._lanes[channel]
        if isinstance(error, RetryLater) and error.everyone and error.after is not None:
            await self._pause(lane, error, now, min(error.after, _LONGEST_BREAK), _breaks(lane))
        elif error is not None and _nothing_gets_through(error, lane):
            lane.failures += _counts(lane, delivery_id, error)
            if lane.failures >= _FAILURES or _breaks(lane) or _stops(error):
                await self._break(lane, error, now)
        else:
            lane.failures = 0
            lane.refused.clear()
            # What was on its way before the pause says nothing of what follows it.
            if lane.pause is not None and lane.pause.until <= now:
                lane.pause = None
                async with self._database.transaction() as session:
                    await lift_pause(session, channel)

    async def keep_looking(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                await self.look(datetime.now(UTC))
            except (SQLAlchemyError, OSError) as error:
                _log.warning("what other workers found cannot be read now: %s", error)
            await asyncio.sleep(LOOK_EVERY)

    async def look(self, now: datetime) -> None:
        """Take up which channels are paused, whoever found it, and how many workers share their rates."""
        async with self._database.reading() as session:
            pauses = {pause.channel: pause for pause in await list_pauses(session)}
        for channel, lane in self._lanes.items():
            lane.pause = pauses.get(channel)
        if any(lane.provider.per_second for lane in self._lanes.values()):
            async with self._database.transaction() as session:
                await note_worker(session, self._worker, now, now - timedelta(days=1))
                self._workers = await count_workers(session, now - GONE_AFTER)

    async def _wait_out(self, lane: _Lane, pause: ChannelPause, now: datetime) -> None:
        left = (pause.until - now).total_seconds()
        if left > _LONGEST_SLEEP:
            raise Paused(pause, timedelta(seconds=left))
        # Who comes back as it was told is early by what the first answer took to be written down.
        await asyncio.sleep(max(left, 0))
        async with self._database.transaction() as session:
            trial = await claim_trial(session, pause.channel, max(now, pause.until), _TRIAL)
        if trial == "another's":
            raise Paused(pause, timedelta(seconds=2))
        if trial == "not paused":
            lane.pause = None

    async def _break(self, lane: _Lane, error: SendError, now: datetime) -> None:
        breaks = _breaks(lane) + 1
        await self._pause(lane, error, now, min(_FIRST_BREAK * 2 ** min(breaks - 1, 10), _LONGEST_BREAK), breaks)
        if breaks == 1:
            self._tell(lane.provider.channel, error)

    async def _pause(self, lane: _Lane, error: SendError, now: datetime, how_long: timedelta, breaks: int) -> None:
        lane.pause = ChannelPause(
            channel=lane.provider.channel,
            provider=lane.provider.provider,
            worker=self._worker,
            code=error.code,
            reason=error.reason,
            setting=isinstance(error, Refused),
            breaks=breaks,
            since=now,
            until=now + how_long,
        )
        async with self._database.transaction() as session:
            await put_pause(session, lane.pause)

    def _tell(self, channel: str, error: SendError) -> None:
        """Tell the operators that the breaker opened. The message that waits for its answer does not wait for it,
        and what the vendor said may name a customer, so it stays in the store."""
        text = (
            f"No message gets through over {channel} ({error.code}). It is paused, and one message is let try "
            "after each pause; what waits is not lost. 'sojourn channel status' tells why."
        )
        task = asyncio.create_task(self._alerts.tell(OPERATORS, f"Nothing is sent over {channel} for now", text))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)


def _nothing_gets_through(error: SendError, lane: _Lane) -> bool:
    """Whether an error says more of the channel than of one message. A message that cannot leave as it is set up
    shows after any other trouble that the vendor answers again."""
    if isinstance(error, Refused):
        return error.ours and (_stops(error) or lane.pause is None or lane.pause.setting)
    return isinstance(error, OutcomeUnknown) or (isinstance(error, RetryLater) and error.everyone)


def _counts(lane: _Lane, delivery_id: str, error: SendError) -> bool:
    """Whether a failure counts: one held message that is tried again does not speak for the channel."""
    if not isinstance(error, Refused):
        return True
    again = delivery_id in lane.refused
    lane.refused.add(delivery_id)
    return not again


def _stops(error: SendError) -> bool:
    return isinstance(error, Refused) and error.remedy == "stop_channel"


def _breaks(lane: _Lane) -> int:
    return lane.pause.breaks if lane.pause else 0


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
