"""One offer at a time: a second discount in the same visit teaches customers to wait for the third."""

from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from journeys.review import Area
from journeys.times import Duration
from policies.model import Action, Allow, Deny, Facts, Policy, Verdict


class OneOfferPolicy(Policy):
    """Deny a discount while another offer to the customer is live, and more than `per_session` in one session.

    A session begins when the customer's `attribute` says, an ISO 8601 time; without it, it is the last `within`.
    """

    name: ClassVar[str] = "one_offer"
    area: ClassVar[Area] = "price"
    horizon_days: ClassVar[int] = 31

    per_session: int = Field(default=1, ge=1)
    attribute: str = "session_started_at"
    within: Duration = Field(default=timedelta(minutes=30), le=timedelta(days=1))

    def concerns(self, action: Action) -> bool:
        return action.discount is not None

    def verdict(self, facts: Facts) -> Verdict:
        offers = [contact for contact in facts.contacts if contact.discount is not None]
        live = [c for c in offers if c.offer_until and c.offer_until > facts.now]
        if other := next((c for c in live if c.journey != facts.action.journey), None):
            return Deny(reason=f"the customer has an offer of {other.discount:g} % from '{other.journey}' already")
        if other := next((c for c in live if c.discount != facts.action.discount), None):
            return Deny(reason=f"the customer has an offer of {other.discount:g} % that still holds")
        began = facts.session_began(self.attribute, self.within)
        if sum(1 for contact in offers if contact.at >= began) >= self.per_session:
            offers_made = f"{self.per_session} offers" if self.per_session > 1 else "an offer"
            return Deny(reason=f"the customer was made {offers_made} in this session")
        return Allow()
