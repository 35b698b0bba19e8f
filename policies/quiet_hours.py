"""No marketing while the customer is likely to sleep, on their own clock."""

from datetime import time
from functools import cached_property
from typing import ClassVar

from pydantic import Field

from policies.model import Action, Facts, Hours, Need, Policy, Verdict


class QuietHoursPolicy(Policy):
    """Hold marketing from `from` to `to`, which may lie on the next morning."""

    name: ClassVar[str] = "quiet_hours"
    needs: ClassVar[frozenset[Need]] = frozenset({"country"})

    start: time = Field(alias="from", default=time(21))
    end: time = Field(alias="to", default=time(8))

    def concerns(self, action: Action) -> bool:
        return action.purpose == "marketing"

    def verdict(self, facts: Facts) -> Verdict:
        return self._awake.verdict(facts, "quiet hours")

    @cached_property
    def _awake(self) -> Hours:
        return Hours.outside(self.start, self.end)
