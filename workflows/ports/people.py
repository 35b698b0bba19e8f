"""What a run asks people, and what they answer."""

from datetime import datetime
from typing import Literal

from pydantic import Field
from temporalio import activity

from journeys.parts import Unanswered
from journeys.times import Duration
from workflows.ports.runs import Message, StepRequest


class ApprovalTerms(Message):
    """How a person is asked, should one have to decide."""

    group: str | None = None
    """The group the journey itself wants to ask; None when only a policy may ask."""
    tier: Literal["supervised", "human"] = "supervised"
    """Of what the journey itself asks."""
    people: int = 1
    """How many must agree to what the journey itself asks."""
    author: str
    """Who wrote the journey, and so may not approve it."""
    requester: str = ""
    """Who requested what the run is for, if its start says so; they may not approve it either."""
    within: Duration
    otherwise: Unanswered
    edit: tuple[str, ...] = ()
    """What they may change beside words: `discount`, or by name what an action is given."""


class Turn(Message):
    """The group that is asked from a moment on, as long as nobody has decided; or, without a name, that whoever is
    asked then is reminded."""

    at: datetime
    group: str = ""


class Asked(Message):
    """A person must decide first. What they decide on is stored under `approval_id`."""

    outcome: Literal["asked"] = "asked"
    approval_id: str
    content_hash: str
    group: str
    tier: Literal["supervised", "human"] = "supervised"
    people: int = 1
    """How many must agree."""
    author: str
    """Who wrote the journey, and so may not approve it."""
    content_author: str = ""
    """Who wrote the content, if it says so; they may not approve it either."""
    requester: str = ""
    """Who requested it, if that is known; nor may they."""
    asked_at: datetime
    deadline: datetime
    turns: tuple[Turn, ...] = ()
    """In order, and all before the deadline."""
    reason: str
    edits: dict[str, str] = Field(default_factory=dict)
    """What a person had changed of it before it was asked about anew, by field."""


class Decision(Message):
    """What a person decided, as the approvals service attested it. With a `to` it is nothing decided, but that
    others decide: the group `to`, or the one person `assignee` of it. With `edits` it is about the message as they
    make it, and `content_hash` is of what was shown to whoever made them."""

    approval_id: str
    content_hash: str
    approved: bool
    approver: str
    groups: tuple[str, ...]
    reason: str = ""
    to: str = ""
    assignee: str = ""
    edits: dict[str, str] = Field(default_factory=dict)
    """Other words for the message, by field."""
    decided_at: datetime
    """On the approver's clock. It orders nothing: whether it came in time the workflow decides."""


class Grant(Message):
    """The approval under which a step may leave, and who gave it when."""

    approval_id: str
    content_hash: str
    asked_at: datetime
    """The moment for which the message was made."""
    by: str
    reason: str = ""
    at: datetime
    edits: dict[str, str] = Field(default_factory=dict)
    """With what words, by field, the message leaves in place of those it was made with."""


class AskRequest(StepRequest):
    """Put a question to a person that is not about a message."""

    about: str
    approval: ApprovalTerms


@activity.defn(name="ask")
async def ask(request: AskRequest) -> Asked:
    """Put a question to a person. Safe to retry: it is the same question."""
    raise NotImplementedError
