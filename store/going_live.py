"""How a change of each kind goes live, and how it is taken back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.model import Journey
from store.autonomy import Strictest, loosen, open_tightenings, standing_of, tighten
from store.experiments import stop_changed_arms
from store.files import find_files, live_files, publish_files, withdraw_files
from store.tables import Change, ChangeKind
from store.versions import find_version, live_versions, publish


class NothingBefore(Exception):
    """There is nothing to go back to. The message says what to do instead."""


class Matter(Protocol):
    """What changes of one kind are about."""

    async def live(self, session: AsyncSession, subject: str) -> str:
        """The version that is live; empty when there is none."""
        ...

    async def put_live(self, session: AsyncSession, change: Change, by: str, at: datetime) -> None:
        """Make live what a change proposes."""
        ...

    async def go_back(self, session: AsyncSession, change: Change, by: str, at: datetime) -> None:
        """Make live again what was so before a change. Raises NothingBefore."""
        ...


class _Journeys:
    """A journey, whose definition the change holds."""

    async def live(self, session: AsyncSession, subject: str) -> str:
        return (await live_versions(session)).get(subject, "")

    async def put_live(self, session: AsyncSession, change: Change, by: str, at: datetime) -> None:
        await self._publish(session, Journey.model_validate(change.definition), by, at)

    async def go_back(self, session: AsyncSession, change: Change, by: str, at: datetime) -> None:
        before = await find_version(session, change.subject, change.was)
        if before is None:
            raise NothingBefore("There was no version before it. Pause or remove the journey instead.")
        await self._publish(session, before, by, at)

    async def _publish(self, session: AsyncSession, journey: Journey, by: str, at: datetime) -> None:
        """What people agreed to does not wait for an experiment: one whose arms it changes is stopped."""
        await stop_changed_arms(session, journey, by, at)
        await publish(session, journey, by, at)


class _Files:
    """Files that hold as a whole, whose texts the change holds by name."""

    async def live(self, session: AsyncSession, subject: str) -> str:
        found = await live_files(session, subject)
        return found.version if found else ""

    async def put_live(self, session: AsyncSession, change: Change, by: str, at: datetime) -> None:
        await publish_files(session, change.kind, change.subject, change.version, change.definition, by, at)

    async def go_back(self, session: AsyncSession, change: Change, by: str, at: datetime) -> None:
        before = await find_files(session, change.subject, change.was)
        if before is None:
            raise NothingBefore("There was no version before it. Publish another instead.")
        await publish_files(session, change.kind, change.subject, change.was, before.files, by, at)


class _Contents(_Files):
    """A content over one channel, whose texts the change holds by name."""

    async def go_back(self, session: AsyncSession, change: Change, by: str, at: datetime) -> None:
        """Before a new content there was none: then nothing of it leaves, as before it was approved."""
        if change.was:
            await super().go_back(session, change, by, at)
        else:
            await withdraw_files(session, change.kind, change.subject, by, at)


class _Tiers:
    """How much a journey that was tightened may do by itself; the change holds the strictest of what would go."""

    async def live(self, session: AsyncSession, subject: str) -> str:
        return standing_of(await open_tightenings(session, subject))

    async def put_live(self, session: AsyncSession, change: Change, by: str, at: datetime) -> None:
        await loosen(session, change.subject, by=by, at=at)

    async def go_back(self, session: AsyncSession, change: Change, by: str, at: datetime) -> None:
        before = Strictest.model_validate(change.definition)
        reason = f"{change.id} was taken back: {before.reason}"
        await tighten(session, change.subject, before.tier, group=before.group, reason=reason, by=by, at=at)


MATTERS: Mapping[ChangeKind, Matter] = {
    "journey": _Journeys(),
    "policies": _Files(),
    "content": _Contents(),
    "autonomy": _Tiers(),
}
