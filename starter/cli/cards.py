"""How `approval show` tells of one approval, within 80 columns."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import typer

from starter.cli.grounds import tell_grounds
from starter.cli.output import as_json, moment, paragraph, print_facts

_UNANSWERED = {
    "skip": "it is left out, and the journey goes on",
    "stop": "the journey ends",
    "send_without_offer": "the message leaves without its offer",
}
_READ = {"subject", "title", "text", "body", "template"}
"""The fields by which a message can be read; without any, as of a vendor's template whose words nobody says, it is
shown as it is."""


def print_card(card: dict[str, Any]) -> None:
    """All that is needed to decide. `card` is as the API gives it."""
    print_facts(_facts(card))
    for line in (*tell_grounds(card["grounds"]), *_policies(card["findings"]), *_message(card)):
        typer.echo(line)


def _facts(card: dict[str, Any]) -> dict[str, str]:
    agreed = f"{', '.join(card['agreed']) or 'nobody yet'}; {card['people']} people must"
    return {
        "approval": card["id"],
        "state": card["state"],
        "asked of": f"{card['group']}, now {card['assignee']}" if card["assignee"] else card["group"],
        "tier": card["tier"],
        "agreed": agreed if card["people"] > 1 else "",
        "because": card["reason"],
        "passes on": _passes_on(card) if card["state"] == "open" else "",
        "decide by": f"{_until(card['deadline'])}; then {_UNANSWERED[card['otherwise']]}",
        "journey": f"{card['journey']}, step {card['step_id']}, by {card['author']}",
        "run": card["workflow_id"],
        "to": f"{card['recipient']} by {card['channel']}" if card["recipient"] else "",
        "discount": f"{card['discount']:g} %" if card["discount"] is not None else "",
        "amount": f"{card['amount']:,.2f} {card['currency']}".rstrip() if card["amount"] is not None else "",
        "edited": f"by {card['edited_by']}" if card["edited_by"] else "",
        "to edit": ", ".join(card["texts"]),
        "seen": card["content_hash"],
        "decided": f"{card['decided_by']} {card['decision_reason']}".strip(),
        "you": "may decide" if card["may_decide"] else card["why_not"],
    }


def _passes_on(card: dict[str, Any]) -> str:
    """To whom it goes next, and when, while nobody decides."""
    turns = [turn for turn in card["turns"] if datetime.fromisoformat(turn["at"]) > datetime.now(UTC)]
    return f"to {turns[0]['group']}, {_until(turns[0]['at'])}" if turns else ""


def _until(text: str) -> str:
    at = datetime.fromisoformat(text)
    hours, minutes = divmod(max(at - datetime.now(UTC), timedelta(0)) // timedelta(minutes=1), 60)
    return f"{moment(at)} UTC, in {hours} h {minutes} min" if hours or minutes else f"{moment(at)} UTC"


def _policies(findings: list[dict[str, Any]]) -> Iterator[str]:
    yield "\nPolicies:"
    for finding in findings:
        verdict = finding["verdict"]
        if verdict["verdict"] != "allow":
            yield paragraph(f"{finding['policy']}: {verdict.get('reason', verdict['verdict'])}", "  ", "    ")
    allowing = [finding["policy"] for finding in findings if finding["verdict"]["verdict"] == "allow"]
    if allowing:
        yield paragraph(f"allowed by {', '.join(allowing)}", "  ", "    ")
    if not findings:
        yield "  none was asked"


def _message(card: dict[str, Any]) -> Iterator[str]:
    """What would leave or be done, in the words that a person reads."""
    message = card["message"]
    if "about" in message:
        yield f"\nWhat is asked:\n{paragraph(str(message['about']), '  ')}"
        return
    texts = message.get("given") or _texts(card)
    if "given" not in message and not texts.keys() & _READ:
        yield f"\nWhat would leave:\n{as_json(message)}"
        return
    yield f"\nWhat would {'be done' if 'given' in message else 'leave'} (all of it, as it is: -o json):"
    for name, text in texts.items():
        if name == "html":
            yield f"  html: {len(text):,} characters, as the console shows them"
        elif "\n" in str(text):
            yield f"  {name}:"
            yield from (f"    {line}" for line in str(text).splitlines())
        else:
            yield paragraph(f"{name}: {text}", "  ", "    ")


def _texts(card: dict[str, Any]) -> dict[str, Any]:
    """The words of a message, and of a vendor's template what it reads as where that is known."""
    body: dict[str, Any] = card["message"].get("body") or {}
    form: dict[str, Any] = body.get("otherwise") or body
    reads = form.get("reads")
    return card["texts"] | ({"template": reads} if reads else {})
