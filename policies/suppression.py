"""Nothing is sent to an address that bounced for good or whose owner complained. It always holds."""

from typing import ClassVar

from policies.model import Allow, Deny, Facts, Policy, Verdict


class SuppressionPolicy(Policy):
    """Deny whatever would go to a suppressed address, transactional messages included. It need not be listed."""

    name: ClassVar[str] = "suppression"

    def verdict(self, facts: Facts) -> Verdict:
        if found := facts.suppressed:
            why = {"hard_bounce": "it bounced for good", "complaint": "its owner complained"}
            told = why.get(found.reason, "a person put it there")
            return Deny(reason=f"the address is suppressed since {found.at:%Y-%m-%d}: {told} ({found.source})")
        return Allow()
