"""What the agent does by itself and what a person decides: by action, amount, audience, confidence and journey."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from journeys.conditions import check_names, holds, uses
from journeys.features import asked_of
from journeys.money import Limits, say_limits
from journeys.parts import Percent, Purpose, Tier, one_alone
from journeys.review import Area
from policies.model import Action, Allow, Deny, Facts, Named, Need, NeedsApproval, Policy, Verdict, strictest

_SCOPE = ("customer", "now")
Names = Annotated[tuple[str, ...], BeforeValidator(one_alone)]


class TierRule(BaseModel):
    """The tier of every action to which all that is named here applies.

    An amount or a discount that the action does not have is in no range. An amount in a currency that a limit does
    not name cannot be compared with it: it is never up to it, and counts as above unless that would free it.
    `confidence` is the probability with which a planner chose the action, from 0 to 1; what no planner chose has
    none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tier: Tier
    group: str = ""
    """Who decides; empty is the group of the policy."""
    people: int = Field(default=1, ge=1, le=5)
    """How many must agree."""
    tool: Names = ()
    channel: Names = ()
    purpose: Purpose | None = None
    journey: Names = ()
    discount_above: Annotated[Percent | Literal[0], Field(union_mode="left_to_right")] | None = None
    discount_up_to: Percent | None = None
    amount_above: Limits = {}
    amount_up_to: Limits = {}
    confidence_below: Annotated[float, Field(gt=0, le=1)] | None = None
    where: Annotated[str, AfterValidator(lambda source: check_names(source, _SCOPE))] = "true"
    """Whom it concerns: a condition over `customer` and `now`. What the customer lacks makes it false."""

    @model_validator(mode="after")
    def _free_by_name_only(self) -> "TierRule":
        if self.tier == "full" and not self.tool:
            raise ValueError(
                "every action is full unless a rule says otherwise; name the tool that this one frees"
            )
        return self

    def applies(self, facts: Facts) -> bool:
        """Whether the action is one that this rule is about."""
        return _named(self, facts.action) and _in_range(self, facts.action) and self._concerns(facts)

    def _concerns(self, facts: Facts) -> bool:
        scope = {"customer": facts.attributes, "now": facts.now}
        return self.where == "true" or holds(self.where, scope)


class AutonomyPolicy(Policy):
    """Ask a person where the tier says so. The strictest one counts: of the rules here, of the journey and its
    step, and of what was tightened. A sensitive tool needs a person unless a rule with the tier `full` names it.
    It need not be listed."""

    name: ClassVar[str] = "autonomy"
    area: ClassVar[Area] = "autonomy"
    judges_tools: ClassVar[bool] = True

    group: str = ""
    """Who decides where a rule names nobody."""
    tiers: tuple[TierRule, ...] = ()

    @model_validator(mode="after")
    def _someone_decides(self) -> "AutonomyPolicy":
        if not self.group and any(rule.tier != "full" and not rule.group for rule in self.tiers):
            raise ValueError("name the 'group' that decides, here or in each rule")
        return self

    @property
    def needed(self) -> frozenset[Need]:
        asked = any(uses(rule.where, "customer") for rule in self.tiers)
        return frozenset({"features"}) if asked else frozenset()

    @property
    def attributes(self) -> frozenset[str] | None:
        asked = asked_of(rule.where for rule in self.tiers)
        return None if asked is None else frozenset(asked)

    def named(self) -> Iterator[Named]:
        yield from super().named()
        for number, rule in enumerate(self.tiers):
            names = {"group": (rule.group,) if rule.group else ()}
            names |= {"channel": rule.channel, "tool": rule.tool, "journey": rule.journey}
            for kind in ("group", "channel", "tool", "journey"):
                yield from (Named(("tiers", number, kind), kind, name) for name in names[kind])

    def verdict(self, facts: Facts) -> Verdict:
        if facts.action.approved:
            return Allow()
        rules = [rule for rule in self.tiers if rule.applies(facts)]
        asked = [facts.asked, facts.tightened, *(self._need(rule, facts.action) for rule in rules)]
        verdict = strictest(need for need in asked if need is not None)
        if isinstance(verdict, NeedsApproval):
            return self._by_somebody(verdict)
        freed = any(rule.tier == "full" for rule in rules)
        return self._by_somebody(_sensitive(facts.action)) if facts.action.sensitive and not freed else verdict

    def _need(self, rule: TierRule, action: Action) -> NeedsApproval | None:
        if rule.tier == "full":
            return None
        return NeedsApproval(
            group=rule.group or self.group, tier=rule.tier, people=rule.people, reason=_words(rule, action)
        )

    def _by_somebody(self, wanted: NeedsApproval) -> Verdict:
        """What is asked of a group that is there. A question to nobody would only wait until its time is over."""
        if wanted.group:
            return wanted
        if not self.group:
            return Deny(
                reason=f"{wanted.reason}; no group may decide: name one as 'group' of the policy 'autonomy'"
            )
        return wanted.model_copy(update={"group": self.group})


def _sensitive(action: Action) -> NeedsApproval:
    return NeedsApproval(group="", tier="human", reason=f"'{action.tool}' needs a person's approval")


def _named(rule: TierRule, action: Action) -> bool:
    # What names a channel or a purpose is about messages.
    about_messages = bool(rule.channel) or rule.purpose is not None
    return (
        (not rule.tool or action.tool in rule.tool)
        and (not about_messages or not action.tool)
        and (not rule.channel or action.channel in rule.channel)
        and (rule.purpose is None or action.purpose == rule.purpose)
        and (not rule.journey or action.journey in rule.journey)
    )


def _in_range(rule: TierRule, action: Action) -> bool:
    sure = rule.confidence_below is None or (
        action.confidence is not None and action.confidence < rule.confidence_below
    )
    return (
        sure
        and _between(action.discount, rule.discount_above, rule.discount_up_to)
        and _amount_in_range(rule, action)
    )


def _between(value: float | None, above: float | None, up_to: float | None) -> bool:
    if above is None and up_to is None:
        return True
    return value is not None and (above is None or value > above) and (up_to is None or value <= up_to)


def _amount_in_range(rule: TierRule, action: Action) -> bool:
    above, up_to, amount = rule.amount_above, rule.amount_up_to, action.amount
    if not above and not up_to:
        return True
    if amount is None or (up_to and amount > up_to.get(action.currency, -1)):
        return False
    if above and action.currency not in above:
        return rule.tier != "full"
    return not above or amount > above[action.currency]


def _words(rule: TierRule, action: Action) -> str:
    """What the rule is about, as the person reads it who is asked about an action."""
    said = [
        " or ".join(rule.tool or rule.channel),
        rule.purpose or "",
        f"in {' or '.join(rule.journey)}" if rule.journey else "",
        _range("a discount", _percent(rule.discount_above), _percent(rule.discount_up_to)),
        _range("an amount", say_limits(rule.amount_above), say_limits(rule.amount_up_to)),
        _incomparable(rule, action),
        f"chosen with a confidence below {rule.confidence_below:g}" if rule.confidence_below else "",
        f"to customers where {rule.where}" if rule.where != "true" else "",
    ]
    about = ", ".join(part for part in said if part) or "every action"
    who = f"{rule.people} people" if rule.people > 1 else "a person"
    return f"{about}: {who} must {'agree' if rule.tier == 'human' else 'look at it first'}"


def _range(what: str, above: str, up_to: str) -> str:
    bounds = [f"above {above}" if above else "", f"up to {up_to}" if up_to else ""]
    return f"{what} {' and '.join(bound for bound in bounds if bound)}" if any(bounds) else ""


def _percent(bound: float | None) -> str:
    return "" if bound is None else f"{bound:g} %"


def _incomparable(rule: TierRule, action: Action) -> str:
    """That the amount is in none of the currencies of the limit that it would have to be above."""
    if not rule.amount_above or action.currency in rule.amount_above:
        return ""
    return f"as {action.currency or 'one without a currency'} has no limit here"
