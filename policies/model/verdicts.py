"""What a policy may say, and which of several verdicts counts."""

from collections.abc import Iterable
from datetime import datetime
from operator import not_
from typing import Annotated, Literal

from pydantic import Field

from policies.model.fact import Fact


class Allow(Fact):
    verdict: Literal["allow"] = "allow"
    # Most have neither, and every decision keeps some twenty of these.
    reason: str = Field(default="", exclude_if=not_)
    """What is to be known all the same; mostly nothing."""
    alert: bool = Field(default=False, exclude_if=not_)
    """Whether the operators are told, as it will be denied if it goes on like this."""


class Hold(Fact):
    """Not now: judge again at `until`, which is later than now."""

    verdict: Literal["hold"] = "hold"
    until: datetime
    reason: str
    look_again: bool = False
    """Whether it waits for the customer to change, which nobody can foresee, and not for a time of day."""


class NeedsApproval(Fact):
    """Only after a person of `group` approved exactly this action. Of the tier `supervised` a person may have
    agreed to all that is like it; of `human` a person decides each."""

    verdict: Literal["needs_approval"] = "needs_approval"
    group: str
    tier: Literal["supervised", "human"] = "supervised"
    people: int = 1
    """How many must agree."""
    reason: str


class Deny(Fact):
    """Never, for a reason a person understands."""

    verdict: Literal["deny"] = "deny"
    reason: str
    alert: bool = False
    """Whether the operators are told, as it may be that something is abused or has gone wrong."""


Verdict = Annotated[Allow | Hold | NeedsApproval | Deny, Field(discriminator="verdict")]

_STRICTNESS = {"allow": 0, "hold": 1, "needs_approval": 2, "deny": 3}


def strictest(verdicts: Iterable[Verdict]) -> Verdict:
    """The strictest of some verdicts: of holds the longest; of approvals that of the stricter tier, and the one
    that wants most people, with as many as any of them wants. Without any, all is allowed."""
    spoken = list(verdicts)
    found = max(spoken, key=_rank, default=Allow())
    if isinstance(found, NeedsApproval):
        most = max(verdict.people for verdict in spoken if isinstance(verdict, NeedsApproval))
        return found if found.people == most else found.model_copy(update={"people": most})
    return found


def _rank(verdict: Verdict) -> tuple[int, datetime | None, bool, int]:
    until = verdict.until if isinstance(verdict, Hold) else None
    if isinstance(verdict, NeedsApproval):
        return _STRICTNESS[verdict.verdict], until, verdict.tier == "human", verdict.people
    # One that warns says more than one that does not.
    return _STRICTNESS[verdict.verdict], until, isinstance(verdict, Allow) and verdict.alert, 0
