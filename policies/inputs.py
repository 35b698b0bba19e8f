"""What of the facts is kept with a verdict, so that it can be judged again later, by the same policies or others.

Kept is what the policies were given, but of the customer only what they named, and no free text: neither what the
customer would have read, nor attributes as long as sentences.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

from pydantic import BaseModel, ConfigDict

from policies.model import Facts, Need, Policy

_LONGEST_WORD = 64
"""Characters up to which an attribute is a word, such as a plan or a country, and no text."""


class Inputs(BaseModel):
    """The facts of one verdict as they were kept, and how far they reach."""

    model_config = ConfigDict(frozen=True)

    facts: Facts
    horizon_days: int = 0
    """Over how many days contacts were gathered."""
    needs: frozenset[Need] = frozenset()
    budget_spans: frozenset[timedelta] = frozenset()
    attributes: frozenset[str] = frozenset()
    """The names that were looked up of the customer, whether there was something or not."""

    def lacks(self, policy: Policy) -> str:
        """What was not kept and the policy would look at; empty when it can judge as it would have then."""
        if not policy.concerns(self.facts.action):
            return ""
        if policy.looks_at_text:
            return "the text of the message"
        asked = policy.attributes
        if asked is None or not asked <= self.attributes:
            missing = sorted(asked - self.attributes) if asked is not None else []
            return f"the customer's {', '.join(missing)}" if missing else "all of the customer's attributes"
        if policy.horizon > self.horizon_days:
            return f"messages of more than {self.horizon_days} days before"
        if lacking := sorted(policy.needed - self.needs):
            return lacking[0].replace("_", " ")
        if policy.budget_span is not None and policy.budget_span not in self.budget_spans:
            return "what the journey sent in such a span"
        return ""


def keep_inputs(policies: Sequence[Policy], facts: Facts) -> dict[str, Any]:
    """What is kept of the facts that some policies judged, as JSON; `Inputs` reads it again."""
    asked = frozenset[str]().union(*(policy.attributes or () for policy in policies))
    known = {name: value for name, value in facts.attributes.items() if name in asked}
    words = {name: value for name, value in known.items() if _is_wordy(value)}
    kept = facts.model_dump(mode="json", exclude_defaults=True, exclude={"attributes": True, "action": {"text"}})
    if words:
        kept["attributes"] = words
    spans = {policy.budget_span.total_seconds() for policy in policies if policy.budget_span}
    return {
        "facts": kept,
        "horizon_days": max((policy.horizon for policy in policies), default=0),
        "needs": sorted(frozenset[Need]().union(*(policy.needed for policy in policies))),
        "budget_spans": sorted(spans),
        "attributes": sorted(asked - (known.keys() - words.keys())),
    }


def _is_wordy(value: object) -> bool:
    """Whether a value is made of numbers, times and single words, at any depth."""
    if isinstance(value, str):
        return len(value) <= _LONGEST_WORD
    if isinstance(value, Mapping):
        return all(map(_is_wordy, cast(Mapping[str, object], value).values()))
    if isinstance(value, list | tuple):
        return all(map(_is_wordy, cast(Sequence[object], value)))
    return True
