"""What is judged: a message or a business action that a run is about to let leave."""

from datetime import datetime
from typing import Literal

from journeys.parts import Purpose
from policies.model.fact import Fact
from policies.model.place import Place

SLOT = "slot"
"""The channel of what stands in a slot of a page or a mail."""


class Action(Fact):
    """What the run is about to do, or what a page is about to show in one of its slots."""

    journey: str
    step_id: str
    channel: str
    purpose: Purpose
    content: str
    destination: Place = Place()
    """Of the number that it would go to; nowhere for what goes to no number."""
    topic: str = ""
    """The list that the content belongs to, when it belongs to one."""
    discount: float | None = None
    """Per cent, for an action that makes an offer."""
    margin: float | None = None
    """Per cent of the price that stay with the shop before any discount; None when nobody said."""
    approved: bool = False
    """Whether a person has approved exactly this action."""
    priority: int = 50
    """Of the journey, from 0 to 100."""
    categories: frozenset[str] = frozenset()
    """What the content is about, as its front matter and its products say."""
    language: str | None = None
    """Of the content, as a BCP 47 tag."""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    """From when until when the content may be used."""
    form: Literal["template", "free"] = "template"
    """Whether a messenger's vendor approved the text beforehand."""
    text: str = ""
    """What the customer would read, where a rule has to look at it."""
    one_click: bool = False
    """Whether the mail program can unsubscribe by one click (RFC 8058)."""
    tool: str = ""
    """For a business action, which is no message: its tool. Its channel is `action`."""
    amount: float | None = None
    """Of money that a business action gives."""
    currency: str = ""
    """Of that amount; empty when nobody said."""
    sensitive: bool = False
    """Whether the tool gives money or does what cannot be taken back."""
    confidence: float | None = None
    """The probability, from 0 to 1, with which a planner chose it; None when none did."""
