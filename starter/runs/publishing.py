"""Keeps a process at what is live: new runs get the published version of each journey that is so.

What a process finds in its project's folder it publishes, so that the store knows every version that ever ran.
A version that was published before stays as it is: one that was replaced does not come back by a restart.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from journeys.model import Journey
from starter.changes.evidence import WeakEvidence, what_speaks_for
from starter.changes.journeys import who_must_agree
from starter.changes.policies import BY_FOLDER
from starter.contents.renewing import renew_slots
from starter.segments.keeping import publish_segments
from starter.services import Services
from store.experiments import ChangesExperiment
from store.versions import find_version, live_versions, publish

LOOK_AGAIN = 1.0
"""Seconds after which a version that someone else published is noticed."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def published(services: Services) -> AsyncGenerator[None]:
    """Publish the folder's new versions and its segments, and keep `services.journeys` the live ones meanwhile."""
    await _publish_new(services)
    await take_up_live(services)
    await publish_segments(services, datetime.now(UTC))
    following = asyncio.create_task(_follow(services))
    try:
        yield
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following


async def take_up_live(services: Services) -> None:
    """Let new runs and the slots of pages get what is live in the store by now. Raises yamlfile.FileProblems for
    policies or content with problems; what held then goes on to."""
    async with services.database.reading() as session:
        for name, version in (await live_versions(session)).items():
            loaded = services.journeys.get(name)
            if loaded is not None and loaded.version == version:
                continue
            journey = await find_version(session, name, version)
            if journey is not None:
                services.journeys[name] = journey
    await renew_slots(services)


async def _publish_new(services: Services) -> None:
    """Publish what is new in the folder, but for what others must agree to first, and planners on weak evidence:
    nothing starts by that."""
    async with services.database.reading() as session:
        found = list(services.journeys.values())
        new = [each for each in found if await find_version(session, each.journey, each.version) is None]
    for journey in new:
        if why_not := await _why_not(services, journey):
            del services.journeys[journey.journey]
            _log.warning("%s@%s is not live: %s", journey.journey, journey.version, why_not)


async def _why_not(services: Services, journey: Journey) -> str:
    """Publish a version of the folder; or say why it may not go live by that."""
    try:
        (await what_speaks_for(services.database, journey)).why(without_evidence="")
        async with services.database.transaction() as session:
            if areas := await who_must_agree(session, services.project.review, journey):
                return f"it touches {', '.join(areas)}. Propose it with 'sojourn journey publish'."
            await publish(session, journey, BY_FOLDER, datetime.now(UTC))
    except (WeakEvidence, ChangesExperiment) as error:
        return str(error)
    return ""


async def _follow(services: Services) -> None:
    while True:
        await asyncio.sleep(LOOK_AGAIN)
        try:
            await take_up_live(services)
        except Exception:  # noqa: BLE001 the edge of the process: the database may be away; it is tried again
            _log.exception("what is live could not be taken up")
