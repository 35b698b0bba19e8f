"""What every policy is: settings with a name, which judge facts."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import ClassVar, Literal, cast

from pydantic import BaseModel, ConfigDict

from journeys.review import Area
from policies.model.action import Action
from policies.model.facts import Facts
from policies.model.verdicts import Allow, Verdict

Need = Literal[
    "features", "open_runs", "inbound", "health", "volumes", "audiences", "country", "spending", "daily_spending"
]
"""What only some policies ask for, and what costs a query or a look into a large table each."""


@dataclass(frozen=True)
class Named:
    """Something of the project that a policy names, and where in its settings."""

    path: tuple[str | int, ...]
    kind: Literal["group", "channel", "tool", "journey"]
    name: str


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
    judges_slots: ClassVar[bool] = False
    """Whether it judges what stands in the slots of a page or a mail too. It knows the customer's attributes
    then, and neither what they said nor what they were sent."""

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
    def horizon(self) -> int:
        """How many days of contacts it looks back on with these settings."""
        return self.horizon_days

    @property
    def needed(self) -> frozenset[Need]:
        """What it needs of `needs` with these settings."""
        return self.needs

    def named(self) -> Iterator[Named]:
        """What it names of the project: a name that is not there is a mistake, told when files are checked."""
        group = getattr(self, "group", None)
        # One that stands there by default is asked as well, and waits in vain where nobody is in it.
        if isinstance(group, str) and (group or "group" in self.model_fields_set):
            yield Named(("group",), "group", group)

    @property
    def budget_span(self) -> timedelta | None:
        """Over how long this policy counts what the journey sent to anyone; None when it does not."""
        return None

    def concerns(self, action: Action) -> bool:
        """Whether it may have anything against such an action. What it does not concern it allows, whatever the
        facts, and so also where they were not kept."""
        return True

    def judge(self, facts: Facts) -> Verdict:
        """The verdict on `facts.action`."""
        return self.verdict(facts) if self.concerns(facts.action) else Allow()

    def verdict(self, facts: Facts) -> Verdict:
        """The verdict on an action that it concerns, from `facts` and the settings alone."""
        raise NotImplementedError


def _settled(setting: object) -> object:
    """A setting that JSON does not know. The order in which a set gives its members is by chance."""
    return sorted(cast(frozenset[str], setting)) if isinstance(setting, frozenset) else str(setting)
