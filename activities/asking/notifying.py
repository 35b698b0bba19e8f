"""Tells approver groups what waits for them, and what no longer does. A link opens the card and never decides."""

import asyncio
import logging
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from activities.alerting import Alerts
from journeys.steps import given_name
from journeys.times import zone_or_utc
from project.model import Project
from store.database import Database
from store.notices import note_told, take_notices
from store.tables import Approval

_PAUSE_S = 2.0
_HEADS = {
    "asked": "An approval waits",
    "handed": "An approval was handed to you",
    "escalated": "An approval has come to you, as nobody decided",
    "reminder": "An approval is still waiting",
    "withdrawn": "Nothing is left to decide",
}
_OTHERWISE = {
    "skip": "the message is skipped",
    "stop": "the journey ends",
    "send_without_offer": "the message leaves without its offer",
}
_log = logging.getLogger(__name__)


class Notifying:
    """Tells of the approvals of one project. `public_url` is where its console is."""

    def __init__(self, database: Database, alerts: Alerts, project: Project, public_url: str) -> None:
        self._database = database
        self._alerts = alerts
        self._project = project
        self._console = public_url.rstrip("/")

    async def keep_telling(self) -> None:
        """Tell of what happens as it happens, until cancelled. A store that is down is asked again later."""
        while True:
            try:
                await self.tell_next()
            except (SQLAlchemyError, OSError) as error:
                _log.warning("nobody can be told of approvals now: %s", type(error).__name__)
            await asyncio.sleep(_PAUSE_S)

    async def tell_next(self) -> int:
        """Tell of some that nobody was told of; gives how many alerts that made."""
        async with self._database.transaction() as session:
            taken = await take_notices(session, datetime.now(UTC))
        for one in taken:
            for group in one.groups:
                await self._tell(group, one.notice.kind, one.approval)
            # Only now: who dies before it leaves it to be told once more, rather than not at all.
            async with self._database.transaction() as session:
                await note_told(session, one.notice, datetime.now(UTC))
        return sum(len(one.groups) for one in taken)

    async def _tell(self, group: str, kind: str, approval: Approval) -> None:
        step = given_name(approval.step_id)
        title = f"{_HEADS[kind]}: {approval.journey}{f', {step}' if step else ''}"
        text = _gone(approval) if kind == "withdrawn" else self._waiting(approval, group)
        await self._alerts.tell(group, title, text, f"{self._console}/approvals/{approval.id}")

    def _waiting(self, approval: Approval, group: str) -> str:
        """What is asked, and until when on the clock of those who are asked. It names no customer."""
        zone = self._project.zone_of(group)
        until = approval.deadline.astimezone(zone_or_utc(zone))
        about = _about(approval)
        offer = f", {approval.discount:g} % off" if approval.discount else ""
        handed = f" It was handed to {approval.assignee}." if approval.assignee else ""
        otherwise = _OTHERWISE.get(approval.otherwise, approval.otherwise)
        return (
            f"{about}{offer}, for '{group}' to decide by {until:%a %d %b %H:%M} ({zone}); otherwise {otherwise}."
            f"{handed} The page shows all of it; opening it decides nothing."
        )


def _about(approval: Approval) -> str:
    if approval.channel == "question":
        return "A question"
    if approval.channel != "action":
        return f"A message by {approval.channel.replace('_', ' ')}"
    tool = str(approval.message.get("tool", "action")).replace("_", " ").capitalize()
    amount = f" of {approval.amount:,.2f} {approval.currency}".rstrip() if approval.amount is not None else ""
    return f"{tool}{amount}"


def _gone(approval: Approval) -> str:
    return f"The question of '{approval.journey}' was withdrawn: its run ended, or no longer asks it."
