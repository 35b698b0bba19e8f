"""Tells the operators of what policies deny, or will soon, because something may be abused or has gone wrong."""

import asyncio
from datetime import datetime, timedelta

from activities.alerting import Alerts
from policies.model import Allow, Deny, Finding, Ruling
from project.model import OPERATORS

_DENIED_AGAIN = timedelta(hours=1)
_WARNED_AGAIN = timedelta(days=1)


class Alarm:
    """Tells of each policy in each journey once an hour, however many messages it concerns; and once a day of one
    that warns, whichever the journey."""

    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts
        self._until: dict[str, datetime] = {}
        self._telling: set[asyncio.Task[None]] = set()

    def sound(self, journey: str, ruling: Ruling, now: datetime) -> None:
        """Tell of every verdict in a ruling that asks for it. The message's own answer does not wait for it."""
        for finding in ruling.findings:
            match finding.verdict:
                case Deny(alert=True):
                    self._tell(f"{finding.policy} in {journey}", _denied(journey, finding), now, _DENIED_AGAIN)
                case Allow(alert=True):
                    self._tell(finding.policy, _warned(finding), now, _WARNED_AGAIN)
                case _:
                    pass

    def _tell(self, of: str, words: tuple[str, str], now: datetime, again_after: timedelta) -> None:
        """Tell unless something was told of it lately, by this worker or another."""
        # Asked first, as it costs no query. What was told longer ago is forgotten.
        self._until = {told: until for told, until in self._until.items() if now < until}
        if of in self._until:
            return
        self._until[of] = now + again_after
        task = asyncio.create_task(self._alerts.tell_once(of, OPERATORS, *words, now, again_after))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)


def _denied(journey: str, finding: Finding) -> tuple[str, str]:
    """Title and text."""
    text = (
        f"The policy '{finding.policy}' keeps messages of '{journey}' from leaving: {finding.verdict.reason}. "
        f"'sojourn audit list --kind verdict' finds them."
    )
    return f"'{journey}' may not send", text


def _warned(finding: Finding) -> tuple[str, str]:
    """Title and text."""
    text = f"The policy '{finding.policy}' lets messages leave for now: {finding.verdict.reason}."
    return f"'{finding.policy}' will stop messages if this goes on", text
