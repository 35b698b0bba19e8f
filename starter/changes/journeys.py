"""A version of a journey goes live at once, or waits for the groups that `review` in sojourn.yaml names."""

from collections.abc import Mapping

from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.difference import as_diff
from journeys.model import Journey
from journeys.review import Area, touches
from starter.changes.proposing import Proposal
from store.versions import find_version, live_versions


async def who_must_agree(session: AsyncSession, review: Mapping[Area, str], journey: Journey) -> dict[str, str]:
    """The areas that a version touches against what is live, each with its group; none when it may go live."""
    if not review:
        return {}
    live = await live_version(session, journey.journey)
    if live is not None and live.version == journey.version:
        return {}
    return {area: review[area] for area in touches(live, journey) if area in review}


async def proposal_of(
    session: AsyncSession, journey: Journey, areas: dict[str, str], *, preview: str = "", why: str = ""
) -> Proposal:
    """A version of a journey as it is proposed, against what is live. `preview` is what speaks for it."""
    live = await live_version(session, journey.journey)
    return Proposal(
        kind="journey",
        subject=journey.journey,
        version=journey.version,
        was=live.version if live else "",
        definition=journey.model_dump(mode="json", by_alias=True),
        diff=as_diff(live, journey) if live else "",
        areas=areas,
        owner=journey.owner,
        preview=preview,
        why=why,
    )


async def live_version(session: AsyncSession, name: str) -> Journey | None:
    """The definition of a journey that new runs get; None when none is live."""
    version = (await live_versions(session)).get(name)
    return await find_version(session, name, version) if version else None
