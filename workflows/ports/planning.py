"""What a run asks a planner, and what it chose."""

from temporalio import activity

from workflows.ports.runs import Message, StepRequest


class DecideRequest(StepRequest):
    """Choose one of the options that are open."""

    decision: str
    start_id: str
    """The id of the event that started the run."""
    planner: str
    options: tuple[str, ...]


class Choice(Message):
    """What was chosen, and how likely that was."""

    option: str
    probability: float
    why: str


@activity.defn(name="decide")
async def decide(request: DecideRequest) -> Choice:
    """Let the planner choose. Safe to retry: the same request gives the same choice."""
    raise NotImplementedError
