"""Faults on request: what the vendors answer instead, told by the recipient, or by a time and a seed."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

Answer = int | str
"""A reply, status or error code in the vendor's own words, or one of `ACCIDENTS`."""

ACCIDENTS = {
    "drop_early": "the connection breaks before the message is taken",
    "drop": "the message is taken, then the connection breaks before the answer",
    "half": "the message is taken, then the connection breaks in the middle of the answer",
    "slow_early": "the message is not taken, and no answer comes for long",
    "slow": "the message is taken, and no answer comes for long",
    "garbled": "the message is taken, and the answer says yes without an id",
    "gateway": "a gateway in between answers 502 with a web page",
}


@dataclass
class Fault:
    answer: Answer
    times: int | None = None
    """How many messages it still hits; None is every one."""
    retry_after: int | None = None
    """Seconds, told in a Retry-After header where the vendor has one."""


@dataclass
class Storm:
    """Faults for a share of all messages, for some time: the same messages in the same order for the same seed."""

    answers: Sequence[Answer]
    share: float
    seed: int
    from_: float
    until: float
    """By the machine's own clock, in seconds."""
    retry_after: int | None = None
    met: int = 0
    """How many messages came while it lasted."""

    def hits(self, now: float) -> Fault | None:
        """The fault for a message that comes now."""
        if not self.from_ <= now < self.until:
            return None
        self.met += 1
        drawn = hashlib.sha256(f"{self.seed}.{self.met}".encode()).digest()
        if int.from_bytes(drawn[:8]) >= self.share * 2**64:
            return None
        return Fault(self.answers[drawn[8] % len(self.answers)], 1, self.retry_after)


class Faults:
    """The faults in waiting."""

    def __init__(self, slow_seconds: float) -> None:
        self._slow_seconds = slow_seconds
        self._planned: dict[str, list[Fault]] = {}
        self._storms: list[Storm] = []
        self._seen: set[str] = set()
        self._closing = asyncio.Event()

    def add(
        self, *, recipient: str, answer: Answer, times: int | None = 1, retry_after: int | None = None
    ) -> None:
        """Answer the next `times` messages to `recipient` so; None is all of them."""
        self._planned.setdefault(recipient, []).append(Fault(answer, times, retry_after))

    def storm(
        self,
        *answers: Answer,
        share: float = 1,
        seed: int = 0,
        after: float = 0,
        seconds: float = float("inf"),
        retry_after: int | None = None,
    ) -> None:
        """Answer a share of all messages so, whoever they are for: from `after` seconds on, for `seconds`."""
        from_ = time.monotonic() + after
        self._storms.append(Storm(answers, share, seed, from_, from_ + seconds, retry_after))

    def clear(self) -> None:
        """Forget every fault that was asked for."""
        self._planned.clear()
        self._storms.clear()

    def take(self, recipient: str, magic: Callable[[str], Answer | None] | None = None) -> Fault | None:
        """The fault for a message that just came: one planned for them, a storm's, or the one in their name."""
        planned = self._planned.get(recipient)
        if planned:
            fault = planned[0]
            if fault.times is not None:
                fault.times -= 1
                if fault.times == 0:
                    planned.pop(0)
            return fault
        now = time.monotonic()
        if hit := next(filter(None, (storm.hits(now) for storm in self._storms)), None):
            return hit
        answer = magic(recipient) if magic else None
        return None if answer is None else Fault(answer)

    def first_time(self, recipient: str) -> bool:
        """Whether this is asked about `recipient` for the first time."""
        known = recipient in self._seen
        self._seen.add(recipient)
        return not known

    async def stall(self) -> None:
        """Keep the sender waiting, though not longer than the sandbox lives."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), self._slow_seconds)

    def close(self) -> None:
        """Let everybody go."""
        self._closing.set()
