"""What delivery does about trouble: wait for Temporal, try one event again later, or give it up."""

import asyncio
from datetime import timedelta
from typing import Literal

from temporalio.service import RPCError, RPCStatusCode

Trouble = Literal["away", "later", "hopeless"]

_AWAY = {RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.RESOURCE_EXHAUSTED}
_HOPELESS = {RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.OUT_OF_RANGE}
_ATTEMPTS = 12
_LONGEST_WAIT = timedelta(minutes=5)
_LONGEST_PAUSE = 5.0


def judge(error: Exception, attempts: int) -> Trouble:
    """What an error means after so many attempts at the same event.

    `away`: Temporal itself does not answer, whatever the event. `hopeless`: it will be refused for ever.
    Temporal's other errors are tried for as long as it takes, and what nobody foresaw a dozen times.
    """
    if isinstance(error, RPCError):
        return "away" if error.status in _AWAY else "hopeless" if error.status in _HOPELESS else "later"
    # A client that has never been connected says so with a plain RuntimeError.
    if isinstance(error, RuntimeError) and str(error).startswith("Failed client connect"):
        return "away"
    return "hopeless" if attempts + 1 >= _ATTEMPTS else "later"


def backoff(attempts: int) -> timedelta:
    """How long to leave an event alone that has failed so many times before: 0.5 s, doubled, up to 5 minutes."""
    return min(timedelta(seconds=0.5 * 2 ** min(attempts, 20)), _LONGEST_WAIT)


class Pause:
    """No delivery at all while Temporal is away; longer each time it turns out to be away still."""

    def __init__(self) -> None:
        self._until = float("-inf")
        self._length = 0.0

    def begin(self) -> None:
        if not self.lasts():
            self._length = min(max(self._length * 2, 0.1), _LONGEST_PAUSE)
            self._until = asyncio.get_running_loop().time() + self._length

    def lasts(self) -> bool:
        return asyncio.get_running_loop().time() < self._until

    def end(self) -> None:
        self._length = 0.0
