"""What must not be shown to minors is not, nor to someone whose age is unknown."""

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from policies.model import Action, Allow, Deny, Facts, Need, Policy, Verdict


class RestrictedCategoriesPolicy(Policy):
    """Deny content of `categories` to customers under `age` years; where nobody knows the age, `unknown` decides.

    The age is the customer's attribute `age`, or follows from `birth_date`, an ISO 8601 date.
    """

    name: ClassVar[str] = "restricted_categories"
    needs: ClassVar[frozenset[Need]] = frozenset({"country"})
    judges_slots: ClassVar[bool] = True

    categories: frozenset[str] = frozenset({"alcohol", "tobacco", "gambling", "adult"})
    age: int = Field(default=18, ge=1)
    unknown: Literal["deny", "allow"] = "deny"

    @property
    def attributes(self) -> frozenset[str]:
        return frozenset({"age", "birth_date"})

    def concerns(self, action: Action) -> bool:
        return not self.categories.isdisjoint(action.categories)

    def verdict(self, facts: Facts) -> Verdict:
        found = sorted(self.categories & facts.action.categories)
        age = _age(facts)
        if age is None and self.unknown == "deny":
            return Deny(reason=f"'{found[0]}' is restricted, and the customer's age is unknown")
        if age is not None and age < self.age:
            return Deny(reason=f"'{found[0]}' is restricted to customers of {self.age} years")
        return Allow()


def _age(facts: Facts) -> int | None:
    age = facts.attributes.get("age")
    if isinstance(age, int | float) and not isinstance(age, bool):
        return int(age)
    try:
        born = date.fromisoformat(str(facts.attributes.get("birth_date", ""))[:10])
    except ValueError:
        return None
    # Wherever the customer may be, nobody is older than where the day began last.
    today = min(clock.date() for clock in facts.clocks)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
