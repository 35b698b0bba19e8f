"""Rules of a project's own, as conditions in CEL, for what no built-in policy says."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from journeys.conditions import check_names, holds, uses
from journeys.features import FEATURES, asked_of
from journeys.times import Duration
from policies.model import SLOT, Allow, Deny, Facts, Hold, Named, Need, NeedsApproval, Policy, Verdict, strictest


class Rule(BaseModel):
    """When `when` is true, the action is denied, held for a while, or put before a person of `group`.

    `when` sees the `action` (as in `action.channel`), the `customer`, their `contacts` of the last 31 days and
    `now`. What it names and the customer lacks makes it false.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: Annotated[str, AfterValidator(lambda source: check_names(source, tuple(_MAKE)))]
    verdict: Literal["deny", "hold", "needs_approval"] = "deny"
    message: str = Field(min_length=1)
    """Why, for the person who reads it."""
    hold: Duration = timedelta(hours=1)
    """For a rule that holds: when to look again."""
    group: str = ""
    """For a rule that needs approval: whose."""

    @model_validator(mode="after")
    def _someone_approves(self) -> "Rule":
        if self.verdict == "needs_approval" and not self.group:
            raise ValueError("a rule that needs approval names the group that gives it")
        return self

    def judge(self, facts: Facts) -> Verdict:
        """This rule's verdict. What customers were sent is not known of who looks at a slot."""
        if facts.action.channel == SLOT and uses(self.when, "contacts"):
            return Allow()
        if not holds(self.when, _scope(facts, self.when)):
            return Allow()
        if self.verdict == "deny":
            return Deny(reason=self.message)
        if self.verdict == "hold":
            return Hold(until=facts.now + self.hold, reason=self.message, look_again=True)
        return Allow() if facts.action.approved else NeedsApproval(group=self.group, reason=self.message)


class RulesPolicy(Policy):
    """The strictest verdict of all rules, each under a name of its own."""

    model_config = ConfigDict(extra="allow")

    name: ClassVar[str] = "rules"
    horizon_days: ClassVar[int] = 31
    judges_tools: ClassVar[bool] = True
    judges_slots: ClassVar[bool] = True

    # This is how pydantic types the keys that a model does not know: here they are the rules' names.
    __pydantic_extra__: dict[str, Rule]  # pyright: ignore[reportIncompatibleVariableOverride] narrower on purpose

    def named(self) -> Iterator[Named]:
        for name, rule in (self.__pydantic_extra__ or {}).items():
            if rule.group:
                yield Named((name, "group"), "group", rule.group)

    @property
    def horizon(self) -> int:
        return self.horizon_days if any(uses(rule.when, "contacts") for rule in self._rules()) else 0

    @property
    def needed(self) -> frozenset[Need]:
        asked = self.attributes
        return frozenset() if asked is not None and asked.isdisjoint(FEATURES) else frozenset({"features"})

    @property
    def attributes(self) -> frozenset[str] | None:
        asked = asked_of(rule.when for rule in self._rules())
        return None if asked is None else frozenset(asked)

    @property
    def looks_at_text(self) -> bool:
        return any("text" in rule.when for rule in self._rules())

    def verdict(self, facts: Facts) -> Verdict:
        return strictest(rule.judge(facts) for rule in self._rules())

    def _rules(self) -> Iterable[Rule]:
        return (self.__pydantic_extra__ or {}).values()


def _scope(facts: Facts, when: str) -> dict[str, object]:
    """What a condition names: handing over sixty contacts that it does not look at takes 2 ms."""
    return {name: make(facts) for name, make in _MAKE.items() if uses(when, name)}


_MAKE: dict[str, Callable[[Facts], object]] = {
    # CEL has lists but no sets.
    "action": lambda facts: {**facts.action.model_dump(), "categories": sorted(facts.action.categories)},
    "customer": lambda facts: facts.attributes,
    "contacts": lambda facts: [contact.model_dump() for contact in facts.contacts],
    "now": lambda facts: facts.now,
}
