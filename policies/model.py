"""The types every policy shares: the action it judges, the facts it may know, the verdict it gives."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, cast
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from journeys.parts import Purpose
from journeys.review import Area
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
    """Of money that a business action gives, in its own currency."""
    sensitive: bool = False
    """Whether the tool gives money or does what cannot be taken back."""
    confidence: float | None = None
    """The probability, from 0 to 1, with which a planner chose it; None when none did."""


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
    journey: str = ""
    priority: int = 50
    """Of its journey."""
    discount: float | None = None
    """Per cent, of the offer it made."""
    offer_until: datetime | None = None
    """When that offer ends."""


class OpenRun(Fact):
    """A run of another journey that the customer is in."""

    journey: str
    priority: int


class Health(Fact):
    """What became of the messages over one channel lately, to anyone."""

    delivered: int = 0
    bounced: int = 0
    """For good."""
    complained: int = 0


class NeedsApproval(Fact):
    """Only after a person of `group` approved exactly this action. Of the tier `supervised` a person may have
    agreed to all that is like it; of `human` a person decides each."""

    verdict: Literal["needs_approval"] = "needs_approval"
    group: str
    tier: Literal["supervised", "human"] = "supervised"
    people: int = 1
    """How many must agree."""
    reason: str


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
    customer_id: str = ""
    locale: str | None = None
    """The customer's, as a BCP 47 tag."""
    brand: str = ""
    """The name under which the project sends."""
    journey_sent: dict[str, int] = Field(default_factory=dict)
    """By channel, how many messages the action's journey sent to anyone within the span that its budget names."""
    open_runs: tuple[OpenRun, ...] = ()
    last_inbound: datetime | None = None
    """When the customer last wrote to us over the action's channel."""
    health: Health = Health()
    """Of the action's channel, over the last seven days."""
    volumes: tuple[int, ...] = ()
    """How many messages the action's journey sent on each of the last days, the present one last."""
    asked: NeedsApproval | None = None
    """What the journey itself asks for the action: by its step, or by its tier."""
    tightened: NeedsApproval | None = None
    """What is asked for the journey since it was tightened, until a person loosens it."""

    def attribute(self, path: str) -> Any:
        """What is known of the customer at a path such as `scores.value`; None when nothing is."""
        found: Any = self.attributes
        for name in path.split("."):
            found = cast(dict[str, Any], found).get(name) if isinstance(found, dict) else None
        return found

    def session_began(self, attribute: str, within: timedelta) -> datetime:
        """When the customer's session began: as the attribute says, an ISO 8601 time, else `within` ago."""
        try:
            began = datetime.fromisoformat(str(self.attribute(attribute) or ""))
        except ValueError:
            return self.now - within
        return began if began.tzinfo else self.now - within

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


class Deny(Fact):
    """Never, for a reason a person understands."""

    verdict: Literal["deny"] = "deny"
    reason: str


Verdict = Annotated[Allow | Hold | NeedsApproval | Deny, Field(discriminator="verdict")]


@dataclass(frozen=True)
class Named:
    """Something of the project that a policy names, and where in its settings."""

    path: tuple[str | int, ...]
    kind: Literal["group", "channel", "tool", "journey"]
    name: str


Need = Literal["features", "open_runs", "inbound", "health", "volumes"]
"""What only some policies ask for, and what costs a query each."""


class Policy(BaseModel):
    """One rule. Its fields are its settings; `name` is its key in `policies.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: ClassVar[str]
    area: ClassVar[Area] = "compliance"
    """What a change of it touches, and so who must agree to it."""
    horizon_days: ClassVar[int] = 0
    """How many days of contacts this policy looks back on."""
    needs: ClassVar[frozenset[Need]] = frozenset()
    """Facts that are gathered only for a policy that names them."""
    judges_tools: ClassVar[bool] = False
    """Whether it judges business actions too, and not only messages."""

    @cached_property
    def version(self) -> str:
        """Of its settings: another when they are others, and the same in every process."""
        written = json.dumps(self.model_dump(), default=_settled)
        # A default may be written 5 where the same setting, once read, is 5.0.
        settings = json.dumps(json.loads(written, parse_int=float), sort_keys=True)
        return hashlib.sha256(f"{self.name} {settings}".encode()).hexdigest()[:12]

    @property
    def attributes(self) -> frozenset[str] | None:
        """The names of what it looks at of the customer, such as `orders`; None when that may be anything."""
        path = getattr(self, "attribute", None)
        return frozenset({path.partition(".")[0]}) if isinstance(path, str) else frozenset()

    @property
    def looks_at_text(self) -> bool:
        """Whether it looks at what the customer would read."""
        return False

    @property
    def needed(self) -> frozenset[Need]:
        """What it needs of `needs` with these settings."""
        return self.needs

    def named(self) -> Iterator[Named]:
        """What it names of the project: a name that is not there is a mistake, told when files are checked."""
        group = getattr(self, "group", None)
        if isinstance(group, str) and "group" in self.model_fields_set:
            yield Named(("group",), "group", group)

    @property
    def budget_span(self) -> timedelta | None:
        """Over how long this policy counts what the journey sent to anyone; None when it does not."""
        return None

    def judge(self, facts: Facts) -> Verdict:
        """The verdict on `facts.action`, from `facts` and the settings alone."""
        raise NotImplementedError


def _settled(setting: object) -> object:
    """A setting that JSON does not know. The order in which a set gives its members is by chance."""
    return sorted(cast(frozenset[str], setting)) if isinstance(setting, frozenset) else str(setting)


class Finding(Fact):
    """What one policy said."""

    policy: str
    version: str = ""
    """Of the policy's settings at the time."""
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
    findings = tuple(
        Finding(policy=policy.name, version=policy.version, verdict=policy.judge(facts)) for policy in policies
    )
    verdict = strictest(finding.verdict for finding in findings)
    if isinstance(verdict, Hold):
        verdict = _settle(policies, facts, verdict)
    return Ruling(verdict=verdict, findings=findings)


def strictest(verdicts: Iterable[Verdict]) -> Verdict:
    """The strictest of some verdicts, of holds the longest, of approvals that of the stricter tier, with as many
    people as any of them wants; without any, all is allowed."""
    spoken = list(verdicts)
    found = max(spoken, key=_rank, default=Allow())
    if isinstance(found, NeedsApproval):
        most = max(verdict.people for verdict in spoken if isinstance(verdict, NeedsApproval))
        return found if found.people == most else found.model_copy(update={"people": most})
    return found


def _rank(verdict: Verdict) -> tuple[int, datetime | None, bool]:
    until = verdict.until if isinstance(verdict, Hold) else None
    return _STRICTNESS[verdict.verdict], until, isinstance(verdict, NeedsApproval) and verdict.tier == "human"


def _settle(policies: Sequence[Policy], facts: Facts, hold: Hold) -> Verdict:
    """Move a hold on until no policy holds any more at its end."""
    for _ in range(_SETTLING_ROUNDS):
        then = facts.model_copy(update={"now": hold.until})
        later = [v for v in (p.judge(then) for p in policies) if isinstance(v, Hold) and not v.look_again]
        if not later:
            return hold
        hold = Hold(until=max(v.until for v in later), reason=hold.reason)
    return Deny(reason=f"no time is allowed by all policies ({hold.reason})")
