"""The types every policy shares: the action it judges, the facts it may know, the verdict it gives."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from journeys.parts import Purpose
from journeys.times import known_zone


class Fact(BaseModel):
    model_config = ConfigDict(frozen=True)


class Action(Fact):
    """What the run is about to do."""

    journey: str
    step_id: str
    channel: str
    purpose: Purpose
    content: str
    topic: str = ""
    """The list that the content belongs to, when it belongs to one."""
    discount: float | None = None
    """Per cent, for an action that makes an offer."""
    approved: bool = False
    """Whether a person has approved exactly this action."""


class Consent(Fact):
    """What the customer last said about one channel for one purpose, or about one topic within it."""

    channel: str
    """Empty, for a topic only: whatever the channel."""
    purpose: Purpose
    topic: str = ""
    granted: bool
    source: str
    at: datetime


class Suppressed(Fact):
    """Why nothing may go to an address: `hard_bounce`, `complaint` or `manual`, who said so, and since when."""

    reason: str
    source: str
    at: datetime


class Contact(Fact):
    """A message to the customer that has left or is reserved to leave."""

    channel: str
    purpose: Purpose
    at: datetime


class Facts(Fact):
    """Everything a policy may know. Times are in UTC."""

    now: datetime
    action: Action
    time_zone: str | None
    """The customer's IANA zone; None when it is unknown."""
    project_zone: str = "UTC"
    """The IANA zone of the project, by which a customer is judged whose own is unknown."""
    consents: tuple[Consent, ...] = ()
    suppressed: Suppressed | None = None
    """Of the address that the action would go to."""
    contacts: tuple[Contact, ...] = ()
    """Of at least the last 31 days, reserved ones included, newest last."""

    attributes: dict[str, Any] = Field(default_factory=dict)
    """What is known of the customer."""
    journey_sent: int = 0
    """How many messages the action's journey sent to anyone within the span that its budget names."""

    def local(self, fallback: str | None = None) -> datetime:
        """Now on the customer's clock; on that of `fallback`, else of the project, when their zone is unknown."""
        return self.now.astimezone(known_zone(self.time_zone) or ZoneInfo(fallback or self.project_zone))


class Allow(Fact):
    verdict: Literal["allow"] = "allow"


class Hold(Fact):
    """Not now: judge again at `until`, which is later than now."""

    verdict: Literal["hold"] = "hold"
    until: datetime
    reason: str
    look_again: bool = False
    """Whether it waits for the customer to change, which nobody can foresee, and not for a time of day."""


class NeedsApproval(Fact):
    """Only after a person of `group` approved exactly this action."""

    verdict: Literal["needs_approval"] = "needs_approval"
    group: str
    reason: str


class Deny(Fact):
    """Never, for a reason a person understands."""

    verdict: Literal["deny"] = "deny"
    reason: str


Verdict = Annotated[Allow | Hold | NeedsApproval | Deny, Field(discriminator="verdict")]


class Policy(BaseModel):
    """One rule. Its fields are its settings; `name` is its key in `policies.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: ClassVar[str]
    horizon_days: ClassVar[int] = 0
    """How many days of contacts this policy looks back on."""

    @property
    def budget_span(self) -> timedelta | None:
        """Over how long this policy counts what the journey sent to anyone; None when it does not."""
        return None

    def judge(self, facts: Facts) -> Verdict:
        """The verdict on `facts.action`, from `facts` and the settings alone."""
        raise NotImplementedError


class Finding(Fact):
    """What one policy said."""

    policy: str
    verdict: Verdict


class Ruling(Fact):
    """The strictest verdict, and what every policy said."""

    verdict: Verdict
    findings: tuple[Finding, ...]


_STRICTNESS = {"allow": 0, "hold": 1, "needs_approval": 2, "deny": 3}
_SETTLING_ROUNDS = 16


def rule(policies: Sequence[Policy], facts: Facts) -> Ruling:
    """Ask every policy; the strictest verdict wins, and a hold ends at a time that is itself allowed.

    Approval is asked for before a hold is waited out, so that people can decide meanwhile.
    """
    findings = tuple(Finding(policy=policy.name, verdict=policy.judge(facts)) for policy in policies)
    strictest = max((f.verdict for f in findings), key=_rank, default=Allow())
    if isinstance(strictest, Hold):
        strictest = _settle(policies, facts, strictest)
    return Ruling(verdict=strictest, findings=findings)


def _rank(verdict: Verdict) -> tuple[int, datetime | None]:
    return _STRICTNESS[verdict.verdict], verdict.until if isinstance(verdict, Hold) else None


def _settle(policies: Sequence[Policy], facts: Facts, hold: Hold) -> Verdict:
    """Move a hold on until no policy holds any more at its end."""
    for _ in range(_SETTLING_ROUNDS):
        then = facts.model_copy(update={"now": hold.until})
        later = [v for v in (p.judge(then) for p in policies) if isinstance(v, Hold) and not v.look_again]
        if not later:
            return hold
        hold = Hold(until=max(v.until for v in later), reason=hold.reason)
    return Deny(reason=f"no time is allowed by all policies ({hold.reason})")
