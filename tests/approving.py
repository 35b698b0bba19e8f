"""Content that a test wrote, approved in its author's stead, and what left as its approver had it on a card."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from content.approvals import Approval, write_approvals
from content.catalogue import Catalogue
from content.library import Library
from sandbox.mailbox import Message

ADA = "ada@northwind.example"


def approve_content(project: Path) -> None:
    """Let a project bring along that everything in its content folder is approved as it is now, whatever the rules
    would find."""
    entries = Library.load(project / "content", Catalogue()).entries
    at = datetime(2026, 1, 5, 9, tzinfo=UTC)
    given = {entry.place: Approval(version=entry.variant.version, by=ADA, at=at) for entry in entries}
    write_approvals(project / "content", given)


def as_shown(message: Message) -> dict[str, Any]:
    """What a vendor was sent, and of a template what its recipient reads: the card has both."""
    sent: dict[str, Any] = message.content["request"]
    return sent | ({"reads": message.content["shown"]} if "template" in sent else {})
