"""Keeps what every policy said, with its version and what it looked at, in the transaction that acts on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from policies.inputs import keep_inputs
from policies.model import Facts, Policy, Ruling
from store.audit import record
from workflows.ports import RunRef


@dataclass(frozen=True)
class Judged:
    """An action as it was judged. Of the policies the last ones, `own` many, are the journey's own."""

    policies: Sequence[Policy]
    own: int
    facts: Facts
    ruling: Ruling

    @property
    def sources(self) -> list[str]:
        """For each policy, who asks for it: `project` or `journey`."""
        return ["project"] * (len(self.policies) - self.own) + ["journey"] * self.own


def keep_verdict(session: AsyncSession, delivery_id: str, run: RunRef, judged: Judged) -> None:
    """Write a ruling into the audit log. For good: who said what about which action. As evidence, which goes with
    the customer: why, and the facts, from which `sojourn policy preview` judges again."""
    facts, ruling = judged.facts, judged.ruling
    evidence = {
        "verdict": ruling.verdict.model_dump(mode="json"),
        "findings": [finding.verdict.model_dump(mode="json") for finding in ruling.findings],
        "inputs": keep_inputs(judged.policies, facts),
    }
    record(
        session,
        "verdict",
        f"delivery:{delivery_id}",
        "policies",
        _told(run, judged),
        at=facts.now,
        customer_id=facts.customer_id,
        evidence=evidence,
    )


def _told(run: RunRef, judged: Judged) -> dict[str, Any]:
    action, ruling = judged.facts.action, judged.ruling
    what = {"tool": action.tool} if action.tool else {"channel": action.channel, "content": action.content}
    return {
        "verdict": ruling.verdict.verdict,
        "workflow_id": run.workflow_id,
        "journey": action.journey,
        "journey_version": run.version,
        "step_id": action.step_id,
        "purpose": action.purpose,
        **what,
        "policies": [
            {"policy": one.policy, "version": one.version, "of": source, "verdict": one.verdict.verdict}
            for one, source in zip(ruling.findings, judged.sources, strict=True)
        ],
    }
