"""How large a discount may be, and from where on a person must agree."""

from typing import ClassVar

from journeys.parts import Percent
from journeys.review import Area
from policies.model import Allow, Deny, Facts, NeedsApproval, Policy, Verdict


class DiscountCapPolicy(Policy):
    """Deny a discount above `most`; above `approval_above` it needs a person of `group`. Both in per cent.

    A tool that makes a coupon is only ever denied: nobody has the coupon until a message brings it, and that asks.
    """

    name: ClassVar[str] = "discount_cap"
    area: ClassVar[Area] = "price"
    judges_tools: ClassVar[bool] = True
    judges_slots: ClassVar[bool] = True

    most: Percent = 15
    approval_above: Percent = 5
    group: str = "marketing"

    def verdict(self, facts: Facts) -> Verdict:
        discount = facts.action.discount
        if discount is None:
            return Allow()
        if discount > self.most:
            return Deny(reason=f"a discount of {discount:g} % is above the cap of {self.most:g} %")
        if discount > self.approval_above and not facts.action.approved and not facts.action.tool:
            reason = f"a discount of {discount:g} % is above {self.approval_above:g} %"
            return NeedsApproval(group=self.group, reason=reason)
        return Allow()
