"""What happens in the world, as a journey sees it, and which happenings are outcomes of a delivery."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Outcome = Literal["failed", "delivered", "opened", "clicked", "replied", "bounced", "complained"]

REPLIED = "Message Replied"
"""The event that a customer wrote to us; its property `channel` says over which."""

# The names are those of Segment's email, push and messaging specs, so that existing sources fit as they are.
OUTCOMES: dict[str, Outcome] = {
    "Email Delivered": "delivered",
    "Email Opened": "opened",
    "Email Link Clicked": "clicked",
    "Email Bounced": "bounced",
    "Email Marked as Spam": "complained",
    "Email Failed": "failed",
    "Push Notification Received": "delivered",
    "Push Notification Tapped": "clicked",
    "Message Delivered": "delivered",
    "Message Read": "opened",
    "Message Link Clicked": "clicked",
    REPLIED: "replied",
    "Message Failed": "failed",
    # A program fetched the picture or the link, which proves that the mail arrived and nothing more.
    "Email Machine Opened": "delivered",
    "Email Machine Clicked": "delivered",
}

OF_SLOTS = {"Promotion Viewed": "shown", "Promotion Clicked": "clicked"}
"""By the name of the event, the outcomes of what a planner put into a slot of a page. Each names its decision."""

OPT_OUT = "Unsubscribed"
"""The event that withdraws consent; with a `channel` property for that channel only."""

ERASED = "Customer Erased"
"""The event that ends every run of a customer who is being erased. An erasure writes it."""

JOURNEY_REQUESTED = "Journey Requested"
"""The event by which a schedule, a call of the API or another run asks for a run; its property `journey` names
which."""

JOURNEY_ENDED = "Journey Ended"
"""The event by which a run that waits for another hears how that one ended. See journeys.requests."""

JOURNEY_CALLED_OFF = "Journey Called Off"
"""The event by which a run ends the one that it waited for."""

ATTRIBUTES_SET = "Attributes Set"
"""The event by which a run tells that it set attributes of the customer, which may make them one of a segment."""

SEGMENT_ENTERED, SEGMENT_LEFT = "Segment Entered", "Segment Left"
"""The events that tell that a customer became one of a segment, named by the property `segment`, or no longer is;
`because` is the event that made it so, or `time`."""

APPROVAL_EDITED, APPROVAL_REJECTED = "Approval Edited", "Approval Rejected"
"""The events that tell that a person did not let a step do what it proposed: they changed it, or they refused it.
The property `approval_id` says which."""

OF_APPROVERS = {APPROVAL_EDITED: "edited", APPROVAL_REJECTED: "rejected"}
"""By the name of the event, what a person made of a proposal; it counts for the decision that led to the step."""

TOLD_BY_US = frozenset(
    {JOURNEY_ENDED, JOURNEY_CALLED_OFF, ATTRIBUTES_SET, SEGMENT_ENTERED, SEGMENT_LEFT, *OF_APPROVERS}
)
"""Events that nobody but Sojourn itself may tell."""

# An outcome implies those before it: a click without a recorded open was opened all the same.
IMPLIED: dict[Outcome, tuple[Outcome, ...]] = {
    "opened": ("delivered",),
    "clicked": ("opened", "delivered"),
    "replied": ("opened", "delivered"),
    "complained": ("delivered",),
}


class Event(BaseModel):
    """One happening. `id` makes it unique, `seq` is the order in which it was accepted, `at` is in UTC."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    at: datetime
    seq: int = 0
    properties: dict[str, Any] = Field(default_factory=dict)
    traceparent: str = ""

    @property
    def delivery(self) -> str:
        """The key of the delivery whose outcome this is, or empty."""
        return str(self.properties.get("delivery_id", "")) if self.name in OUTCOMES else ""

    @property
    def approval(self) -> str:
        """The id of the approval whose proposal a person changed or refused, or empty."""
        return str(self.properties.get("approval_id", "")) if self.name in OF_APPROVERS else ""

    @property
    def decision(self) -> str:
        """The id of the decision that put what this is about into a slot, of a page or of the mail that was
        clicked in; or empty."""
        of_part = self.name in OF_SLOTS or OUTCOMES.get(self.name) == "clicked"
        return str(self.properties.get("decision_id", "")) if of_part else ""

    def scope(self) -> dict[str, Any]:
        """The event as conditions see it: its properties, and beside them its own name, id and time."""
        return {**self.properties, "name": self.name, "id": self.id, "at": self.at}
