"""What other policies would have said: recorded verdicts judged again, from the facts that were kept with them.

A policy whose version is the same said then what it says now, and is not asked again. Another is asked, if the
facts that were kept suffice for it. What a journey asks for itself stays as it was said. Each verdict is judged by
itself: a message that would have been blocked still counts in the caps of later ones.
"""

from collections import Counter
from collections.abc import AsyncIterable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, cast

from pydantic import TypeAdapter

from policies.inputs import Inputs
from policies.model import Action, Allow, Deny, Hold, NeedsApproval, Policy, Verdict, strictest
from store.tables import AuditEntry

_VERDICT: TypeAdapter[Verdict] = TypeAdapter(Verdict)
_OTHERWISE = "asked_otherwise"
WOULD = {
    "deny": "blocked",
    "hold": "held",
    "needs_approval": "sent to a person",
    _OTHERWISE: "asked otherwise",
    "allow": "let through",
}
"""How each verdict reads that another would have been. Otherwise is of another group, tier or number of people."""
ERASED = "the customer was erased"


@dataclass(frozen=True)
class Said:
    """What a policy would have said."""

    policy: str
    verdict: str
    reason: str
    asks: str = ""
    """Whom it asks, where it asks."""


@dataclass(frozen=True)
class Changed:
    """A verdict that would have been another."""

    at: datetime
    subject: str
    customer_id: str
    journey: str
    step_id: str
    what: str
    """The channel of a message, or the tool of a business action."""
    was: str
    would_be: str
    why: list[Said]
    """What makes it so: what is said now, or what was said and no longer is."""


@dataclass(frozen=True)
class Untold:
    """A verdict of which it cannot be told what it would have been."""

    at: datetime
    subject: str
    why: list[str]


@dataclass
class Preview:
    """What came of judging again."""

    judged: int = 0
    same: int = 0
    changed: list[Changed] = field(default_factory=list[Changed])
    untold: list[Untold] = field(default_factory=list[Untold])

    def changes(self) -> dict[str, list[Changed]]:
        """The changed ones, by what they would have been."""
        return {name: [one for one in self.changed if one.would_be == name] for name in WOULD}

    def as_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        return asdict(self) | {"counts": {WOULD[name]: len(found) for name, found in self.changes().items()}}


async def preview(
    policies: Sequence[Policy], entries: AsyncIterable[AuditEntry], tell: Callable[[int], None] = lambda _: None
) -> Preview:
    """Judge recorded verdicts by other policies of the project. `tell` is told how many are judged so far."""
    found = Preview()
    async for entry in entries:
        found.judged += 1
        outcome = _again(policies, entry)
        if isinstance(outcome, Untold):
            found.untold.append(outcome)
        elif outcome is not None:
            found.changed.append(outcome)
        else:
            found.same += 1
        tell(found.judged)
    return found


def blame(found: Sequence[Changed]) -> list[tuple[str, int]]:
    """The policies that make a difference, the most frequent first."""
    return Counter(said.policy for one in found for said in one.why).most_common()


def _again(policies: Sequence[Policy], entry: AuditEntry) -> Changed | Untold | None:
    if not entry.evidence:
        return Untold(entry.at, entry.subject, [ERASED])
    before = _recorded(entry)
    inputs = Inputs.model_validate(entry.evidence["inputs"])
    if inputs.facts.action.tool:
        policies = [policy for policy in policies if policy.judges_tools]
    said: list[tuple[str, Verdict]] = [(name, verdict) for (of, name, _), verdict in before if of == "journey"]
    lacking: list[str] = []
    known = {(name, version): verdict for (of, name, version), verdict in before if of == "project"}
    for policy in policies:
        if (verdict := known.get((policy.name, policy.version))) is not None:
            said.append((policy.name, verdict))
        elif lack := inputs.lacks(policy):
            lacking.append(f"{policy.name} looks at {lack}, which was not kept")
        else:
            said.append((policy.name, policy.judge(inputs.facts)))
    now = strictest(verdict for _, verdict in said)
    # Nothing is stricter than a denial, whatever the others would say.
    if lacking and not isinstance(now, Deny):
        return Untold(entry.at, entry.subject, lacking)
    return _difference(entry, inputs, [(name, verdict) for (_, name, _), verdict in before], said, now)


def _difference(
    entry: AuditEntry,
    inputs: Inputs,
    before: list[tuple[str, Verdict]],
    said: list[tuple[str, Verdict]],
    now: Verdict,
) -> Changed | None:
    was, action = strictest(verdict for _, verdict in before), inputs.facts.action
    came, comes = _comes_to(was, action), _comes_to(now, action)
    if came == comes and _whom(was) == _whom(now):
        return None
    # A verdict that is milder than it was is so because of who no longer says it.
    decisive, verdict = (before, was) if isinstance(now, Allow) else (said, now)
    spoke = [each for each in decisive if each[1].verdict == verdict.verdict]
    if came == comes:
        spoke = _changed_asks(before, said)
    return Changed(
        at=entry.at,
        subject=entry.subject,
        customer_id=entry.customer_id,
        journey=action.journey,
        step_id=action.step_id,
        what=action.tool or action.channel,
        was=came,
        would_be=_OTHERWISE if came == comes else comes,
        why=[Said(name, one.verdict, str(getattr(one, "reason", "")), _whom(one)) for name, one in spoke],
    )


def _comes_to(verdict: Verdict, action: Action) -> str:
    """What comes of an action by a verdict. What is held is not done, if it is a business action."""
    return "deny" if action.tool and isinstance(verdict, Hold) else verdict.verdict


def _whom(verdict: Verdict) -> str:
    if not isinstance(verdict, NeedsApproval):
        return ""
    who = f"{verdict.people} people" if verdict.people > 1 else "a person"
    return f"{who} of '{verdict.group}' ({verdict.tier})"


def _changed_asks(before: list[tuple[str, Verdict]], said: list[tuple[str, Verdict]]) -> list[tuple[str, Verdict]]:
    """Who asks anew or otherwise; where nobody does, who asks no longer."""
    asked, asks = ([each for each in all_ if _whom(each[1])] for all_ in (before, said))
    return [each for each in asks if each not in asked] or [each for each in asked if each not in asks]


def _recorded(entry: AuditEntry) -> list[tuple[tuple[str, str, str], Verdict]]:
    """What was said: who asks for each policy, its name and version, and its verdict."""
    spoke = cast(list[dict[str, str]], entry.facts["policies"])
    verdicts = cast(list[dict[str, Any]], entry.evidence["findings"])
    return [
        ((one["of"], one["policy"], one["version"]), _VERDICT.validate_python(verdict))
        for one, verdict in zip(spoke, verdicts, strict=True)
    ]
