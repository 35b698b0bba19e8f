"""A journey that suddenly sends far more than it used to, or that far more customers enter, stops for a person."""

from collections.abc import Sequence
from statistics import median
from typing import ClassVar

from pydantic import Field

from policies.model import Allow, Facts, Need, NeedsApproval, Policy, Verdict


class VolumeAnomalyPolicy(Policy):
    """Ask a person of `group` once a journey has sent more than `times` its median of the last seven days today,
    or was entered by as many times more customers: that shows before a wrong audience gets its first message.

    Days on which there was nothing do not count, and less than `at_least` are never an anomaly.
    """

    name: ClassVar[str] = "volume_anomaly"
    needs: ClassVar[frozenset[Need]] = frozenset({"volumes", "audiences"})

    times: float = Field(default=5, gt=1)
    at_least: int = Field(default=1_000, ge=1)
    group: str = "marketing"

    def verdict(self, facts: Facts) -> Verdict:
        if facts.action.approved:
            return Allow()
        jump = self._jump(facts.volumes, "the journey has sent", "messages") or self._jump(
            facts.audiences, "the journey was entered by", "customers"
        )
        return NeedsApproval(group=self.group, reason=jump) if jump else Allow()

    def _jump(self, days: Sequence[int], what: str, whom: str) -> str:
        """What is unusual about the last of some days; empty when nothing is."""
        *earlier, today = days or (0,)
        usual = [count for count in earlier if count]
        if not usual or today < max(self.at_least, self.times * median(usual)):
            return ""
        return f"{what} {today} {whom} today, and {median(usual):g} on a usual day"
