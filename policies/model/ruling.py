"""What all policies together say of an action."""

from collections.abc import Sequence

from policies.model.fact import Fact
from policies.model.facts import Facts
from policies.model.policy import Policy
from policies.model.verdicts import Deny, Hold, Verdict, strictest

_SETTLING_ROUNDS = 16


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


def _settle(policies: Sequence[Policy], facts: Facts, hold: Hold) -> Verdict:
    """Move a hold on until no policy holds any more at its end."""
    for _ in range(_SETTLING_ROUNDS):
        then = facts.model_copy(update={"now": hold.until})
        later = [v for v in (p.judge(then) for p in policies) if isinstance(v, Hold) and not v.look_again]
        if not later:
            return hold
        hold = Hold(until=max(v.until for v in later), reason=hold.reason)
    return Deny(reason=f"no time is allowed by all policies ({hold.reason})")
