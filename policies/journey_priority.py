"""Journeys that want the same customer: the one of higher priority goes first."""

from datetime import timedelta
from typing import ClassVar, Literal

from pydantic import Field

from journeys.times import Duration, format_duration
from policies.model import Action, Allow, Deny, Facts, Hold, Need, Policy, Verdict


class JourneyPriorityPolicy(Policy):
    """Keep marketing of a journey back for `apart` after a message of a journey of higher priority.

    With `lower: queue` it waits its turn; with `skip` it is pre-empted: the message is left out. `while_open`
    keeps it back also as long as the customer is in a run of a journey of higher priority.
    """

    name: ClassVar[str] = "journey_priority"
    horizon_days: ClassVar[int] = 7

    apart: Duration = Field(default=timedelta(hours=24), le=timedelta(days=7))
    lower: Literal["queue", "skip"] = "queue"
    while_open: bool = False
    again: Duration = timedelta(hours=1)
    """When to look again at a customer who is in a run of higher priority."""

    @property
    def needed(self) -> frozenset[Need]:
        return frozenset({"open_runs"}) if self.while_open else frozenset()

    def concerns(self, action: Action) -> bool:
        return action.purpose == "marketing"

    def verdict(self, facts: Facts) -> Verdict:
        action = facts.action
        first = next((run for run in facts.open_runs if run.priority > action.priority), None)
        if self.while_open and first:
            reason = f"the customer is in '{first.journey}', which goes first"
            return self._back(Hold(until=facts.now + self.again, reason=reason, look_again=True))
        above = [c for c in facts.contacts if c.priority > action.priority and c.at > facts.now - self.apart]
        if not above:
            return Allow()
        last = max(above, key=lambda contact: contact.at)
        reason = (
            f"'{last.journey}', which goes first, wrote to the customer in the last {format_duration(self.apart)}"
        )
        return self._back(Hold(until=last.at + self.apart, reason=reason))

    def _back(self, hold: Hold) -> Verdict:
        return hold if self.lower == "queue" else Deny(reason=hold.reason)
