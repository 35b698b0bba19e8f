"""An objection to direct marketing is absolute (GDPR, article 21); so is a signal not to share data (CCPA)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from policies.model import Action, Allow, Deny, Facts, Policy, Verdict, attribute


class ObjectionPolicy(Policy):
    """Deny all marketing to customers whose attribute `objected` is true, and marketing over `sharing` channels,
    which hand data to others, to those whose browser sent Global Privacy Control (attribute `gpc`)."""

    name: ClassVar[str] = "objection"
    judges_slots: ClassVar[bool] = True

    objected: str = "objects_to_marketing"
    gpc: str = "gpc"
    sharing: frozenset[str] = frozenset({"webhook"})

    @property
    def attributes(self) -> frozenset[str]:
        return frozenset(path.partition(".")[0] for path in (self.objected, self.gpc))

    def objects(self, attributes: Mapping[str, Any]) -> bool:
        """Whether the customer objected to direct marketing."""
        return attribute(attributes, self.objected) is True

    def concerns(self, action: Action) -> bool:
        return action.purpose == "marketing"

    def verdict(self, facts: Facts) -> Verdict:
        action = facts.action
        if self.objects(facts.attributes):
            return Deny(reason="the customer objected to direct marketing")
        if action.channel in self.sharing and facts.attribute(self.gpc) is True:
            return Deny(reason=f"the customer's browser asked not to share data, and '{action.channel}' does")
        return Allow()
