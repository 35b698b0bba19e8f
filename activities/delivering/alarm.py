"""Tells the operators of what policies deny because something may be abused or has gone wrong."""

import asyncio
from datetime import datetime, timedelta

from activities.alerting import Alerts, Told
from policies.model import Deny, Ruling
from project.model import OPERATORS

_AGAIN_AFTER = timedelta(hours=1)


class Alarm:
    """Tells of each policy in each journey once an hour, however many messages it concerns."""

    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts
        self._told: dict[tuple[str, str], datetime] = {}
        self._telling: set[asyncio.Task[Told]] = set()

    def sound(self, journey: str, ruling: Ruling, now: datetime) -> None:
        """Tell of every denial in a ruling that asks for it. The message's own answer does not wait for it."""
        for finding in ruling.findings:
            denial = finding.verdict
            if not isinstance(denial, Deny) or not denial.alert or not self._is_news(journey, finding.policy, now):
                continue
            text = (
                f"The policy '{finding.policy}' keeps messages of '{journey}' from leaving: {denial.reason}. "
                f"'sojourn audit list --kind verdict' finds them."
            )
            task = asyncio.create_task(self._alerts.tell(OPERATORS, f"'{journey}' may not send", text))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    def _is_news(self, journey: str, policy: str, now: datetime) -> bool:
        """Whether nothing was told of it within the hour. What was told longer ago is forgotten."""
        self._told = {told: at for told, at in self._told.items() if at <= now < at + _AGAIN_AFTER}
        if (journey, policy) in self._told:
            return False
        self._told[journey, policy] = now
        return True
