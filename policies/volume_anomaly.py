"""A journey that suddenly sends far more than it used to stops for a person."""

from statistics import median
from typing import ClassVar

from pydantic import Field

from policies.model import Allow, Facts, Need, NeedsApproval, Policy, Verdict


class VolumeAnomalyPolicy(Policy):
    """Ask a person of `group` once a journey has sent more than `times` its median of the last seven days today.

    Days on which it sent nothing do not count, and less than `at_least` messages are never an anomaly.
    """

    name: ClassVar[str] = "volume_anomaly"
    needs: ClassVar[frozenset[Need]] = frozenset({"volumes"})

    times: float = Field(default=5, gt=1)
    at_least: int = Field(default=1_000, ge=1)
    group: str = "marketing"

    def judge(self, facts: Facts) -> Verdict:
        *earlier, today = facts.volumes or (0,)
        usual = [count for count in earlier if count]
        if facts.action.approved or not usual or today < max(self.at_least, self.times * median(usual)):
            return Allow()
        reason = f"the journey has sent {today} messages today, and {median(usual):g} on a usual day"
        return NeedsApproval(group=self.group, reason=reason)
