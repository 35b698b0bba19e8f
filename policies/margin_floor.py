"""No discount that leaves too little of the price."""

from typing import ClassVar, Literal

from journeys.parts import Percent
from journeys.review import Area
from policies.model import Allow, Deny, Facts, NeedsApproval, Policy, Verdict


class MarginFloorPolicy(Policy):
    """Deny a discount after which less than `least` per cent of the lower price is margin.

    Where the catalogue does not say what a product costs, `unknown` decides: a person of `group` is asked, it
    is denied, or it is allowed.
    """

    name: ClassVar[str] = "margin_floor"
    area: ClassVar[Area] = "price"
    judges_slots: ClassVar[bool] = True

    least: Percent = 10
    unknown: Literal["ask", "deny", "allow"] = "ask"
    group: str = "marketing"

    def verdict(self, facts: Facts) -> Verdict:
        action = facts.action
        if action.discount is None:
            return Allow()
        if action.margin is None:
            return self._unknown(action.approved)
        left = (action.margin - action.discount) / (100 - action.discount) * 100 if action.discount < 100 else -100
        if left < self.least:
            told = f"after {action.discount:g} % off, {left:.1f} % margin is left"
            return Deny(reason=f"{told}; the floor is {self.least:g} %")
        return Allow()

    def _unknown(self, approved: bool) -> Verdict:
        reason = "the catalogue does not say what margin the product has"
        if self.unknown == "deny":
            return Deny(reason=reason)
        if self.unknown == "ask" and not approved:
            return NeedsApproval(group=self.group, reason=reason)
        return Allow()
