"""Never interrupt a customer in the middle of something that must not be interrupted."""

from datetime import timedelta
from typing import ClassVar

from journeys.times import Duration
from policies.model import Action, Allow, Facts, Hold, Policy, Verdict


class CriticalWorkflowPolicy(Policy):
    """Hold what would show on `channels` while the customer's `attribute` is true; look again after `again`."""

    name: ClassVar[str] = "critical_workflow"

    attribute: str = "in_critical_workflow"
    channels: tuple[str, ...] = ("banner", "checklist", "tooltip")
    again: Duration = timedelta(minutes=15)

    def concerns(self, action: Action) -> bool:
        return action.channel in self.channels

    def verdict(self, facts: Facts) -> Verdict:
        if facts.attribute(self.attribute) is not True:
            return Allow()
        reason = "the customer is in the middle of something critical"
        return Hold(until=facts.now + self.again, reason=reason, look_again=True)
