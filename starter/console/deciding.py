"""What a form on a card says, taken as the decision it is: every way of deciding, over the one path there is."""

from collections.abc import Mapping
from datetime import timedelta

from project.access import Person
from starter.approvals.decisions import Approvals, Decided
from starter.approvals.grants import Similar
from starter.approvals.refusals import NotSimilar
from starter.console.page import Problem
from starter.services import Services


async def take_decision(
    services: Services, person: Person, approval_id: str, fields: Mapping[str, str]
) -> Decided:
    """Approve, reject, approve with others like it or with other words, or hand to someone else. The field `seen`
    is the hash of what the page showed.

    Raises a DecisionRefused, or Problem for a form that is not the console's own.
    """
    approvals, reason, seen = Approvals(services), fields.get("reason", ""), fields.get("seen", "")
    match fields.get("decision"):
        case "approve":
            return await approvals.decide(approval_id, person, True, reason, seen=seen)
        case "reject":
            return await approvals.decide(approval_id, person, False, reason, seen=seen)
        case "similar":
            return await approvals.decide(approval_id, person, True, reason, _similar(fields), seen=seen)
        case "edit":
            edits = edits_of(fields, (await approvals.get(approval_id)).texts)
            return await approvals.decide(approval_id, person, True, reason, edits=edits, seen=seen)
        case "hand":
            return await approvals.hand(approval_id, person, fields.get("to", ""), reason)
        case _:
            raise Problem(400, "That form is not right", "Nothing was decided. Go back, reload, and try again.")


def told(decided: Decided) -> str:
    """What came of a decision, for whoever took it."""
    return {
        "approved": "Approved. The run goes on.",
        "rejected": "Rejected. The run goes on.",
        "agreed": "You agreed. Others must, too.",
        "handed": "Handed on. It is for others to decide now.",
    }.get(decided.state, "Decided.")


def edits_of(fields: Mapping[str, str], texts: Mapping[str, str]) -> dict[str, str]:
    """The words in the form's fields `edit.<name of a text>`. Browsers end every line with CRLF: what differs in
    nothing else is given as it was."""
    written = {
        name.removeprefix("edit."): _plain(text) for name, text in fields.items() if name.startswith("edit.")
    }
    return {name: texts[name] if text == _plain(texts.get(name, "")) else text for name, text in written.items()}


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")


def _similar(fields: Mapping[str, str]) -> Similar:
    try:
        return Similar(int(fields["most"]), timedelta(days=float(fields["days"])))
    except (KeyError, ValueError, OverflowError) as error:
        raise NotSimilar("Say with numbers how many others may leave, and within how many days.") from error
