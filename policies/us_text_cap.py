"""Few marketing texts a day to people in Florida and Oklahoma, as their laws on telephone solicitation ask.

Fla. Stat. 501.059(8)(b) and Okla. Stat. 15-775C.4: at most three in any 24 hours on the same subject.
"""

from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from policies.model import Action, Allow, Deny, Facts, Need, Policy, Verdict
from policies.tables.us_states import states_of


class UsTextCapPolicy(Policy):
    """Deny what would be more than `most` marketing messages over `channels` in 24 hours to someone in one of the
    `states`, by their address or by their number. Nobody can tell subjects apart for sure, so all messages count.
    """

    name: ClassVar[str] = "us_text_cap"
    horizon_days: ClassVar[int] = 1
    needs: ClassVar[frozenset[Need]] = frozenset({"country"})

    most: int = Field(default=3, ge=1)
    states: frozenset[str] = frozenset({"FL", "OK"})
    channels: frozenset[str] = frozenset({"sms"})

    def concerns(self, action: Action) -> bool:
        return action.purpose == "marketing" and action.channel in self.channels

    def verdict(self, facts: Facts) -> Verdict:
        bound = sorted(self.states & states_of(facts))
        since = facts.now - timedelta(hours=24)
        sent = [
            c for c in facts.contacts if c.channel in self.channels and c.purpose == "marketing" and c.at > since
        ]
        if not bound or len(sent) < self.most:
            return Allow()
        return Deny(reason=f"{len(sent)} marketing texts went to {bound[0]} in 24 hours; at most {self.most} may")
