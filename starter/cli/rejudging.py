"""Recorded decisions judged again by other policies, as commands show it."""

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import typer

from starter.cli.output import moment, paragraph

if TYPE_CHECKING:
    from policies.model import Policy
    from starter.judging.preview import Preview
    from store.database import Database

_EXAMPLES = 5


async def rejudge(database: "Database", policies: "tuple[Policy, ...]", days: int) -> "Preview":
    """Judge the decisions of the last days by other policies of the project."""
    from policies.registry import with_always
    from starter.judging.preview import preview
    from store.audit import count_between, entries_between

    until = datetime.now(UTC)
    since = until - timedelta(days=days)
    async with database.reading() as session:
        total = await count_between(session, since, until, "verdict")
        entries = entries_between(session, since, until, "verdict")
        return await preview(with_always(policies), entries, _Progress(total))


def counted(found: "Preview", days: int, by: str) -> Iterator[str]:
    """How many would have been what, line by line: nothing of it tells of a customer. `by` names the policies."""
    from starter.judging.preview import WOULD, blame

    span = "the last day" if days == 1 else f"the last {days} days"
    yield paragraph(f"{found.judged} decisions of {span}, judged again by {by}:", "")
    for name, changed in found.changes().items():
        because = ", ".join(f"{policy} {count}" for policy, count in blame(changed))
        label = f"would have been {WOULD[name]}{f' ({because})' if because else ''}"
        yield paragraph(label, f"{len(changed):>8}  ", " " * 10)
    yield f"{found.same:>8}  as they were"
    if found.untold:
        yield f"{len(found.untold):>8}  cannot be told:"
        for why, count in Counter(why for one in found.untold for why in one.why).most_common():
            yield paragraph(f"{count}: {why}", " " * 10, " " * 12)


def exemplified(found: "Preview") -> Iterator[str]:
    """Some of those that would have been otherwise, with the reason, line by line."""
    from starter.judging.preview import WOULD

    for name, changed in found.changes().items():
        for number, one in enumerate(changed[:_EXAMPLES]):
            if number == 0:
                yield f"\nWould have been {WOULD[name]}, for example (UTC):"
            why = "; ".join(": ".join(filter(None, (said.policy, said.asks, said.reason))) for said in one.why)
            was = "" if name != "allow" else "no longer "
            line = f"{moment(one.at)}  {one.journey}/{one.step_id} by {one.what}: {was}{why}"
            yield paragraph(line, "  ", "      ")


class _Progress:
    """Tells on a terminal how far it is, now and then."""

    def __init__(self, total: int) -> None:
        self._total = total

    def __call__(self, done: int) -> None:
        if sys.stderr.isatty() and (done % 100 == 0 or done == self._total):
            typer.echo(f"\rjudged {done} of {self._total}", nl=done == self._total, err=True)
