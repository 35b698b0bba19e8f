"""On what grounds a run asks a person: why now, why this and what else it could have been. The question holds them
as they were, whatever is learned or published until somebody looks."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class _Held(BaseModel):
    model_config = ConfigDict(frozen=True)


class Moment(_Held):
    """Something that brought the run to its question."""

    at: datetime
    """In UTC."""
    what: str


class Alternative(_Held):
    """An option that was open and was not chosen."""

    option: str
    probability: float
    expected: float | None = None
    """The reward that was expected of it; None while nothing was learned."""


class Chosen(Alternative):
    """What a planner chose, and among what."""

    step_id: str
    decision: str
    planner: str
    at: datetime
    """In UTC."""
    why: str
    others: tuple[Alternative, ...] = ()
    """The likeliest first."""
    closed: dict[str, str] = {}
    """The options that the policies closed, and why."""


class Grounds(_Held):
    """Why a run asks now, and why about this."""

    now: tuple[Moment, ...] = ()
    """What began the run, and what ended its last wait, the earlier first."""
    ways: tuple[str, ...] = ()
    """The ways into which the journey's own steps led it, such as the condition of a branch; the outer first."""
    chosen: Chosen | None = None
    """The planner's choice that led there; None where the journey itself says so."""
    channels: str = ""
    """How its channels compare for this customer, where the step asks for the best first."""
