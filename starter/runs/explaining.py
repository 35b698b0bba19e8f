"""Why a run sent and did what it did: each message, business action and question with all that decided it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.ids import delivery_key, span_id
from journeys.model import Journey
from journeys.reasons import say_beginning, say_led_here
from journeys.steps import Split, walk
from starter.runs.explanation import ArmTaken, Asked, Doing, Explanation, Granted, Kind, Part, Ruling
from store.approvals import approvals_of_run
from store.audit import verdicts_on
from store.customers import find_customer
from store.grants import grants_used_for
from store.history import actions_of_run, deliveries_of_run
from store.planning import as_chosen, decision_leading_to
from store.runs import start_of_run
from store.tables import Action, Approval, AuditEntry, Delivery, Run, Span, StandingGrant
from store.versions import find_version

_KINDS: dict[str, Kind] = {"send": "message", "act": "action", "approve": "question"}
"""Kinds of step that send, do or ask something."""
_NOT_YET = {"hold": "held", "needs_approval": "asked", "deny": "denied", "allow": "under way"}
"""How a step stands that neither is in a ledger nor has ended, by what the policies said last."""
_TOLD = ("policy evaluate", "hold", "approval")
"""Parts of a step that verdicts and questions tell of."""
_CODE = "error.type"
"""What a vendor said, among the attributes of a part."""


class _Found:
    """All that the store has of one doing."""

    def __init__(self, step: str, pass_: int) -> None:
        self.step, self.pass_ = step, pass_
        self.row: Delivery | Action | None = None
        self.span: Span | None = None
        self.verdicts: list[AuditEntry] = []
        self.approvals: list[Approval] = []
        self.grant: StandingGrant | None = None

    @property
    def began(self) -> datetime:
        """When it was first come to: what it led to began then, or soon after."""
        times = [entry.at for entry in self.verdicts] + [asked.requested_at for asked in self.approvals]
        times += [self.row.reserved_at] if self.row else []
        return min(times) if times or self.span is None else self.span.ended_at

    @property
    def kind(self) -> Kind:
        if self.row or self.verdicts:
            of_action = isinstance(self.row, Action) or (not self.row and "tool" in self.verdicts[0].facts)
            return "action" if of_action else "message"
        return _KINDS[self.span.kind] if self.span else "question"


async def explain_run(session: AsyncSession, run: Run, spans: Sequence[Span]) -> Explanation:
    """Why the newest run of its workflow id began, and did what it did. `spans` are the run's."""
    found = await _gather(session, run, spans)
    journey = await find_version(session, run.journey, run.version)
    start = await start_of_run(session, run.workflow_id)
    ordered = sorted(found.items(), key=lambda item: item[1].began)
    return Explanation(
        began=say_beginning(start.name, start.properties, journey.start if journey else None) if start else "",
        explained=[await _doing(session, run, journey, spans, key, one) for key, one in ordered],
    )


async def _gather(session: AsyncSession, run: Run, spans: Sequence[Span]) -> dict[str, _Found]:
    """By the id of its delivery or action, what there is of each."""
    of_run = (run.workflow_id, run.first_run_id)
    finished = Counter(span.step_id for span in spans if span.kind in _KINDS)
    found: dict[str, _Found] = {}

    def at(step: str, pass_: int, key: str = "") -> _Found:
        return found.setdefault(key or delivery_key(*of_run, step, pass_), _Found(step, pass_))

    for span in spans:
        if span.kind in _KINDS:
            at(span.step_id, int(span.attributes.get("journey.step.attempt", 1)) - 1).span = span
    for row in (*await deliveries_of_run(session, *of_run), *await actions_of_run(session, *of_run)):
        at(row.step_id, row.pass_, row.id).row = row
    for asked in await approvals_of_run(session, *of_run):
        at(asked.step_id, finished[asked.step_id], asked.delivery_id).approvals.append(asked)
    customer = await find_customer(session, run.customer_id)
    ids = customer.ids if customer else [run.customer_id]
    for entry in await verdicts_on(session, ids, run.workflow_id):
        key, step = entry.subject.removeprefix("delivery:"), str(entry.facts["step_id"])
        # Another run with the same workflow id has other keys. One that is under way is in no other table yet.
        if key in found or key == delivery_key(*of_run, step, finished[step]):
            at(step, finished[step], key).verdicts.append(entry)
    for key, grant in (await grants_used_for(session, found)).items():
        found[key].grant = grant
    return found


async def _doing(
    session: AsyncSession, run: Run, journey: Journey | None, spans: Sequence[Span], key: str, found: _Found
) -> Doing:
    row, rulings = found.row, [_ruling(entry) for entry in found.verdicts]
    chosen = await decision_leading_to(session, run.workflow_id, run.first_run_id, found.step, found.began)
    arms = _arms(journey, found.step, spans)
    told_apart = (chosen.step_id if chosen else "", *arms)
    state, code, reason = _standing(run, found, rulings)
    return Doing(
        id=key,
        step=found.step,
        turn=found.pass_ + 1,
        kind=found.kind,
        at=found.began,
        what=_what(found),
        state=state,
        done_at=row.sent_at if isinstance(row, Delivery) else row.ended_at if row else None,
        outcome_at=row.outcome_at if isinstance(row, Delivery) else None,
        code=code,
        reason=reason,
        ways=say_led_here(journey.steps, found.step, *told_apart) if journey else [],
        arms=list(arms.values()),
        chosen=as_chosen(chosen) if chosen else None,
        rulings=rulings,
        asked=[_asked(approval) for approval in found.approvals],
        granted=_granted(found.grant) if found.grant else None,
        parts=_parts(run, spans, found),
    )


def _what(found: _Found) -> dict[str, Any]:
    row = found.row
    if isinstance(row, Delivery):
        return {"channel": row.channel, "content": row.content, "purpose": row.purpose, "provider": row.provider}
    if row:
        return {"tool": row.tool, "given": row.given}
    if found.verdicts:
        facts = found.verdicts[-1].facts
        what = {name: facts[name] for name in ("channel", "content", "purpose", "tool") if facts.get(name)}
        given = found.approvals[-1].message.get("given") if found.approvals else None
        return what | ({"given": given} if given else {})
    if found.kind == "question" and found.approvals:
        return {"about": str(found.approvals[-1].message.get("about", ""))}
    given = found.span.attributes if found.span else {}
    known = {name: given.get(f"journey.{name}") for name in ("channel", "content", "tool")}
    return {name: value for name, value in known.items() if value}


def _standing(run: Run, found: _Found, rulings: Sequence[Ruling]) -> tuple[str, str, str]:
    """What became of it: the state, the vendor's code and the reason."""
    if found.row:
        return found.row.state, found.row.code, found.row.reason
    if found.span:
        return found.span.outcome, "", found.span.detail
    if run.state == "closed":  # Temporal ended it, so that its last step told nothing.
        return "interrupted", "", run.reason
    if rulings:
        last = rulings[-1].verdict
        return _NOT_YET[last["verdict"]], "", last.get("reason", "")
    asked = found.approvals[-1]
    return ("asked" if asked.state == "open" else asked.state), "", asked.reason


def _ruling(entry: AuditEntry) -> Ruling:
    """A ruling as the log keeps it: the words for good, and the reasons as long as the customer is known."""
    facts, evidence = entry.facts, entry.evidence
    policies: list[dict[str, Any]] = facts["policies"]
    reasons: list[dict[str, Any]] = evidence.get("findings") or [{} for _ in policies]
    said = [{"reason": "", **policy, **reason} for policy, reason in zip(policies, reasons, strict=True)]
    verdict = evidence.get("verdict") or {"verdict": facts["verdict"]}
    channel = facts.get("channel", "")
    return Ruling(at=entry.at, channel=channel, verdict=verdict, policies=said, reasons_kept=bool(evidence))


def _asked(approval: Approval) -> Asked:
    same = ("group", "state", "decided_by", "decided_at", "decision_reason", "edited_by")
    told = {name: getattr(approval, name) for name in same}
    return Asked(approval=approval.id, because=approval.reason, at=approval.requested_at, **told)


def _granted(grant: StandingGrant) -> Granted:
    return Granted(grant=grant.id, given_by=grant.given_by, approval=grant.approval_id)


def _arms(journey: Journey | None, step_id: str, spans: Iterable[Span]) -> Mapping[str, ArmTaken]:
    """By the step that divides, the arms around a step, with the shares of all."""
    told = {span.step_id: span.detail for span in spans if span.kind == "split" and _uncounted(span)}
    splits = [step for step in walk(journey.steps if journey else []) if isinstance(step, Split)]
    return {
        split.id: ArmTaken(
            experiment=split.split,
            arm=arm.arm,
            shares=_shares(split),
            why_not_counted=told.get(split.id, ""),
        )
        for split in splits
        for arm in split.arms
        if any(inner.id == step_id for inner in walk(arm.then))
    }


def _uncounted(split: Span) -> bool:
    return "journey.arm" not in split.attributes


def _shares(split: Split) -> dict[str, float]:
    whole = sum(arm.weight for arm in split.arms)
    return {arm.arm: arm.weight / whole for arm in split.arms}


def _parts(run: Run, spans: Sequence[Span], found: _Found) -> list[Part]:
    """What the parts of the step tell beside verdicts, questions and the end of it."""
    parent = span_id(run.workflow_id, run.first_run_id, found.step, str(found.pass_))
    parts = [span for span in spans if span.parent_id == parent and span.detail and span.name not in _TOLD]
    return [
        Part(
            at=span.ended_at,
            what=span.name,
            outcome=span.outcome,
            code=str(span.attributes.get(_CODE, "")),
            detail=span.detail,
        )
        for span in parts
        if span.outcome != "asked"
    ]
