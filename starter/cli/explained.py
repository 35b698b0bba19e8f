"""How `run explain` tells why a run sent and did what it did, within 80 columns."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from starter.cli.foretold import say_verdict
from starter.cli.grounds import tell_chosen
from starter.cli.output import minute, moment, paragraph

if TYPE_CHECKING:
    from starter.runs.explanation import ArmTaken, Asked, Doing, Part, Ruling

_STANDS = {
    "done": "It was done",
    "reserved": "It is under way",
    "under way": "It is under way",
    "retrying": "It did not get through yet, and is tried again",
    "held": "It is held",
    "asked": "A person is asked, and has not decided",
    "approved": "A person agreed",
}
_LEFT = {
    "sent": "",
    "delivered": "arrived",
    "opened": "was opened",
    "clicked": "was clicked",
    "replied": "was answered",
    "bounced": "bounced",
    "failed": "did not arrive",
    "complained": "was marked as spam",
}
"""What became of a message that left."""
_BECAUSE = {"interrupted": ", as the run ended first", "gave_up": ", as trying was given up"}
_SAYS = {"allow": "allows", "hold": "holds", "needs_approval": "asks", "deny": "denies"}


def explained(doing: "Doing") -> Iterator[str]:
    """One message, business action or question, line by line; what was said of it in the order it was said."""
    turn = f", time {doing.turn}" if doing.turn > 1 else ""
    yield paragraph(f"{doing.step}{turn}: {_head(doing)}", "", "  ")
    yield paragraph(_fate(doing), "  ")
    for way in doing.ways:
        yield paragraph(f"the journey led here: {way}", "  ", "    ")
    for arm in doing.arms:
        yield paragraph(_arm(arm), "  ", "    ")
    if doing.chosen:
        yield from tell_chosen(doing.chosen.model_dump())
    for _, said in sorted(_said(doing), key=lambda one: one[0]):
        yield said
    if granted := doing.granted:
        seen = f"when they approved {granted.approval} (standing grant {granted.grant})"
        yield paragraph(f"{granted.given_by} agreed before to all like it, {seen}", "  ", "    ")


def _said(doing: "Doing") -> Iterator[tuple[datetime, str]]:
    """What policies, people and the parts of the step said, and when."""
    for ruling in doing.rulings:
        yield ruling.at, "\n".join(_ruling(ruling, doing.what.get("tool", "")))
    for asked in doing.asked:
        yield asked.at, paragraph(f"{moment(asked.at)} UTC, {_question(asked)}", "  ", "    ")
        if asked.decided_at:
            # It is timed by the clock of who decides, which may be behind that of a run whose time is skipped.
            yield (
                max(asked.decided_at, asked.at),
                paragraph(f"{moment(asked.decided_at)} UTC, {_answer(asked)}", "  ", "    "),
            )
    for part in doing.parts:
        if part.detail != doing.reason:
            yield part.at, paragraph(f"{moment(part.at)} UTC, {_part(part)}", "  ", "    ")


def _head(doing: "Doing") -> str:
    what = doing.what
    if doing.kind == "message":
        return f"message '{what.get('content', '')}' by {what.get('channel', '')}"
    if doing.kind == "action":
        given = ", ".join(f"{name} {value}" for name, value in what.get("given", {}).items())
        return f"action {what.get('tool', '')}" + (f" ({given})" if given else "")
    return f"question: {what['about']}" if what.get("about") else "question to a person"


def _fate(doing: "Doing") -> str:
    """What became of it, when and why, in a sentence."""
    if doing.state in _LEFT:
        told = _left(doing)
    elif doing.state in _STANDS:
        told = _STANDS[doing.state] + (f" on {moment(doing.done_at)} UTC" if doing.done_at else "")
    else:
        told = _not_done(doing)
    if doing.state == "held" and (until := doing.rulings[-1].verdict.get("until")):
        told += f" until {minute(until)} UTC"
    why = ": ".join(word for word in (doing.code, doing.reason) if word)
    return f"{told}: {why}" if why else f"{told}."


def _left(doing: "Doing") -> str:
    left = f"It left on {moment(doing.done_at)} UTC" if doing.done_at else "It left"
    by = f" by {provider}" if (provider := doing.what.get("provider")) else ""
    heard = f" on {moment(doing.outcome_at)} UTC" if doing.outcome_at else ""
    return f"{left}{by}" + (f", and {became}{heard}" if (became := _LEFT[doing.state]) else "")


def _not_done(doing: "Doing") -> str:
    verb = {"message": "sent", "action": "done", "question": "agreed to"}[doing.kind]
    if doing.state == "unknown":
        return f"Nobody knows whether it was {verb}, and it is not tried again by itself"
    if doing.state == "rejected" and any(asked.state == "rejected" for asked in doing.asked):
        return f"It was not {verb}, as a person said no"
    return f"It was not {verb}{_BECAUSE.get(doing.state, '')}"


def _arm(arm: "ArmTaken") -> str:
    shares = ", ".join(f"{name} {share:.0%}".replace("%", " %") for name, share in arm.shares.items())
    counted = f"; not counted: {arm.why_not_counted}" if arm.why_not_counted else ""
    return f"the experiment {arm.experiment} gave the arm {arm.arm} (of {shares}){counted}"


def _ruling(ruling: "Ruling", tool: str) -> Iterator[str]:
    by = f" by {ruling.channel}" if ruling.channel and not tool else ""
    said = say_verdict(ruling.verdict, tool) if ruling.reasons_kept else _erased(ruling)
    yield paragraph(f"{moment(ruling.at)} UTC, the policies{by}: {said}", "  ", "    ")
    spoke = [one for one in ruling.policies if one["verdict"] != "allow" or one["reason"]]
    for one in spoke:
        words = f": {one['reason']}" if one["reason"] else ""
        yield paragraph(f"{_versioned(one)} {_SAYS[one['verdict']]}{_more(one)}{words}", "    ", "      ")
    if quiet := [_versioned(one) for one in ruling.policies if one not in spoke]:
        yield paragraph(f"allowed by {', '.join(quiet)}", "    ", "      ")


def _erased(ruling: "Ruling") -> str:
    return f"{ruling.verdict['verdict'].replace('_', ' ')} (the reasons went when the customer was erased)"


def _more(policy: dict[str, Any]) -> str:
    """Until when a policy holds, or whom it asks, as long as that is kept."""
    until, group = policy.get("until"), policy.get("group")
    return f" until {minute(until)} UTC" if until else f" {group}" if group else ""


def _versioned(policy: dict[str, Any]) -> str:
    return f"{policy['policy']} {policy['version']}"


def _question(asked: "Asked") -> str:
    why = f": {asked.because}" if asked.because else ""
    return f"{asked.group} was asked{why} ({asked.approval})"


def _answer(asked: "Asked") -> str:
    by = f" by {asked.decided_by}" if asked.decided_by else ""
    edited = f", with other words by {asked.edited_by}" if asked.edited_by else ""
    why = f": {asked.decision_reason}" if asked.decision_reason else ""
    return f"{asked.state}{by}{edited}{why}"


def _part(part: "Part") -> str:
    said = ": ".join(word for word in (part.outcome.replace("_", " "), part.code, part.detail) if word)
    return f"{part.what}: {said}"
