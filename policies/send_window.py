"""When messages may leave, on the customer's clock: what a journey's `send_window` says."""

from datetime import time
from functools import cached_property
from typing import ClassVar

from pydantic import Field

from journeys.times import WEEKDAYS, Weekday
from policies.model import Facts, Hours, Need, Policy, Verdict


class SendWindowPolicy(Policy):
    """Hold everything outside the hours from `from` to `to` and the `days`, where any are named."""

    name: ClassVar[str] = "send_window"
    needs: ClassVar[frozenset[Need]] = frozenset({"country"})

    start: time = Field(alias="from", default=time(0))
    end: time = Field(alias="to", default=time(23, 59, 59))
    days: tuple[Weekday, ...] = ()

    def verdict(self, facts: Facts) -> Verdict:
        return self._window.verdict(facts, "outside the send window")

    @cached_property
    def _window(self) -> Hours:
        span = (self.start, self.end)
        return Hours(tuple((span,) if not self.days or day in self.days else () for day in WEEKDAYS))
