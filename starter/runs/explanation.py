"""What `run explain` tells of a run: each message, business action and question with all that decided it."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from journeys.grounds import Chosen

Kind = Literal["message", "action", "question"]


class Explanation(BaseModel):
    """What led to a run, and all it sent, did and asked, in the order it came to it."""

    began: str
    """By what it began; empty when that is not known, or erased."""
    explained: list["Doing"]


class Doing(BaseModel):
    """A message, a business action or a question of a run. Times are UTC."""

    id: str
    step: str
    turn: int
    """The so-many-eth time of the step in the run, from 1."""
    kind: Kind
    at: datetime
    what: dict[str, Any]
    """The channel, the content and its purpose; the tool and what it is given; or what is asked."""
    state: str
    """As the ledger has it; of what never came there, how its step ended or stands."""
    done_at: datetime | None
    """When it left or was done."""
    outcome_at: datetime | None
    """When the customer or the vendor last let us know of it."""
    code: str
    """The vendor's."""
    reason: str
    ways: list[str]
    """The ways of the journey that led there."""
    arms: list["ArmTaken"]
    chosen: Chosen | None
    rulings: list["Ruling"]
    asked: list["Asked"]
    granted: "Granted | None"
    parts: list["Part"]


class Ruling(BaseModel):
    """What the policies said at one moment, in UTC."""

    at: datetime
    channel: str
    verdict: dict[str, Any]
    policies: list[dict[str, Any]]
    """What each said, with its version. Of an erased customer only the word: the reasons went with them."""
    reasons_kept: bool


class Asked(BaseModel):
    """A question to people, and their answer."""

    approval: str
    group: str
    because: str
    at: datetime
    state: str
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    edited_by: str


class Granted(BaseModel):
    """A person's standing word under which it left without a question."""

    grant: str
    given_by: str
    approval: str
    """What they saw when they gave it."""


class ArmTaken(BaseModel):
    """The arm of an experiment that leads to a step."""

    experiment: str
    arm: str
    shares: dict[str, float]
    """Of the customers, by arm."""
    why_not_counted: str = ""
    """Why it is not the drawn one, or does not count; mostly nothing."""


class Part(BaseModel):
    """What else there is to know of how it came about, such as a channel that could not be used."""

    at: datetime
    what: str
    outcome: str
    code: str
    """The vendor's, where one said something."""
    detail: str
