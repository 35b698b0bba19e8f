"""Which options other policies would have left open at a decision: the mask again, from the facts kept with it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from policies.inputs import Inputs
from policies.model import Deny, Policy, strictest
from policies.registry import with_always
from store.tables import PlannerDecision


class NotJudgeable(ValueError):
    """Policies look at what was not kept with a decision. The message says at what."""


@dataclass
class WhatIf:
    """The decisions of a log, as if other policies had held, or only some options had been there."""

    policies: Sequence[Policy] | None = None
    only: Collection[str] = ()
    """The names of the options; empty is all that there were."""
    opened: set[str] = field(default_factory=set[str])
    """Options that would have been open where they were closed."""
    empty: int = 0
    """Decisions at which nothing would have been left."""

    def options(self, row: PlannerDecision) -> list[str]:
        """Those of the open options that would have been open too; none where nothing would have been left. Raises
        NotJudgeable."""
        now = list(row.options) if self.policies is None else open_under(self.policies, row)
        wanted = [option for option in now if not self.only or option in self.only]
        self.opened |= set(wanted) - set(row.options)
        left = [option for option in wanted if option in row.options]
        self.empty += not left
        return left

    def doubts(self) -> list[str]:
        """What the log cannot tell of it."""
        found: list[str] = []
        if self.opened:
            names = ", ".join(sorted(self.opened))
            found.append(f"it opens what was closed, and what nobody could choose cannot be judged: {names}")
        if self.empty:
            found.append(
                f"at {self.empty} decisions it leaves nothing to choose, and they are not counted: keep an option "
                "that is always open, such as 'nothing'"
            )
        return found


def open_under(policies: Sequence[Policy], row: PlannerDecision) -> list[str]:
    """The options that would have been open, in the order they are written; those that were closed come last.

    An option without a message is always open, and one that could not be sent at all always closed. Raises
    NotJudgeable.
    """
    policies = with_always(tuple(policies))
    known = [*row.options, *row.closed_options]
    return [option for option in known if _is_open(policies, row, option)]


def _is_open(policies: Sequence[Policy], row: PlannerDecision, option: str) -> bool:
    judged = row.judged.get(option)
    if judged is None:
        return option in row.options
    return any(not _denied(policies, one) for one in judged)


def _denied(policies: Sequence[Policy], judged: dict[str, Any]) -> bool:
    if judged["journey_denies"]:
        return True
    inputs = Inputs.model_validate(judged["inputs"])
    for policy in policies:
        if lack := inputs.lacks(policy):
            raise NotJudgeable(f"{policy.name} looks at {lack}, which was not kept with the decisions")
    return isinstance(strictest(policy.judge(inputs.facts) for policy in policies), Deny)
