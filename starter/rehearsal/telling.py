"""A story as a person reads it: when, what, to whom and why, within 80 columns."""

import textwrap
from collections.abc import Iterator

from starter.rehearsal.model import Entry
from starter.rehearsal.story import Line, Story

_WIDTH = 80
_INDENT = " " * 26
_VERBS = {
    "sent": "is sent",
    "held": "is held",
    "asked": "needs a decision",
    "denied": "may not be sent",
    "unknown": "may or may not have been sent",
    "gave_up": "was given up",
    "came": "is over",
    "timed_out": "is over, as nothing came",
    "chose": "chooses",
}


def timeline(name: str, story: Story) -> str:
    """The whole story. Times are the customer's own, and those since the start in whole minutes."""
    start = story.calendar.local(story.calendar.start)
    lines = [f"{name}, from {start:%A %Y-%m-%d %H:%M}, {start.tzinfo}", ""]
    before = ""
    for line in story.lines:
        label, since = story.calendar.label(line.at), story.calendar.since_start(line.at)
        head = f"{label:<13}{since:<13}" if label != before else _INDENT
        before = label
        lines += _wrapped(head, line)
    return "\n".join(lines)


def _wrapped(head: str, line: Line) -> Iterator[str]:
    first, *more = [line.did] if line.did else list(_told(line.entry))
    yield from textwrap.wrap(first, _WIDTH, initial_indent=head, subsequent_indent=_INDENT + "  ")
    for text in more:
        indent = _INDENT + "  "
        yield from textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent)


def _told(entry: Entry) -> Iterator[str]:
    """What happened, then what the message says, then why."""
    if entry.what == "ended":
        outcome, _, reason = (entry.why or "").partition(": ")
        yield f"the run ends as {outcome}" + (f", at {entry.step}" if entry.step else "")
        yield reason
        return
    if entry.what == "refused":
        yield f"what is said about {entry.step} does not count"
    else:
        over, to = f" by {entry.channel}" if entry.channel else "", f" to {entry.to}" if entry.to else ""
        yield f"{entry.step}{over} {_VERBS.get(entry.what, entry.what)}{to if entry.what == 'sent' else ''}"
    if entry.says:
        yield f"“{entry.says}”"
    if entry.why:
        yield from entry.why.split("; ")
