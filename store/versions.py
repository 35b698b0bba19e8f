"""The published versions of journeys: each is kept as it is for good, and one of each journey is live."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.model import Journey
from store.audit import record
from store.experiments import refuse_changed_arms
from store.locks import take_turn
from store.tables import JourneyVersion, Run


async def publish(session: AsyncSession, journey: Journey, by: str, at: datetime, why: str = "") -> bool:
    """Make a definition the one that new runs get; gives whether it was published for the first time. The audit
    log keeps `why`, where that is said.

    Raises store.experiments.ChangesExperiment when it would change the arms of an experiment that runs.
    """
    # A lock on the rows would not do: there are none at first, and one that another transaction adds is not seen.
    await take_turn(session, f"journey:{journey.journey}")
    await refuse_changed_arms(session, journey)
    query = select(JourneyVersion).where(col(JourneyVersion.journey) == journey.journey)
    known = {row.version: row for row in (await session.exec(query)).all()}
    facts = {
        "what": "published",
        "version": journey.version,
        "was": next((row.version for row in known.values() if row.live), None),
    }
    said = {"why": why} if why else {}
    record(session, "change", f"journey:{journey.journey}", by, facts | said, at=at)
    for row in known.values():
        row.live = row.version == journey.version
        session.add(row)
    if journey.version not in known:
        row = JourneyVersion(
            journey=journey.journey,
            version=journey.version,
            definition=journey.model_dump(mode="json", by_alias=True),
            published_at=at,
            published_by=by,
            live=True,
        )
        session.add(row)
    await session.flush()
    return journey.version not in known


async def find_version(session: AsyncSession, journey: str, version: str) -> Journey | None:
    """A definition as it was published."""
    row = await session.get(JourneyVersion, (journey, version))
    return read_definition(row) if row else None


async def list_versions(session: AsyncSession, journey: str = "") -> Sequence[JourneyVersion]:
    """What was published of one journey or of all, the latest first."""
    query = select(JourneyVersion).order_by(
        col(JourneyVersion.journey), col(JourneyVersion.published_at).desc(), col(JourneyVersion.version)
    )
    if journey:
        query = query.where(col(JourneyVersion.journey) == journey)
    return (await session.exec(query)).all()


async def live_versions(session: AsyncSession) -> dict[str, str]:
    """The version of each journey that new runs get."""
    query = select(JourneyVersion.journey, JourneyVersion.version).where(col(JourneyVersion.live).is_(True))
    return dict((await session.exec(query)).all())


async def live_journeys(session: AsyncSession) -> list[Journey]:
    """The definitions that new runs get, by name."""
    query = select(JourneyVersion).where(col(JourneyVersion.live).is_(True)).order_by(col(JourneyVersion.journey))
    return [read_definition(row) for row in (await session.exec(query)).all()]


async def count_open_runs(session: AsyncSession) -> dict[tuple[str, str], int]:
    """How many runs are open, by journey and version."""
    query = select(Run.journey, Run.version, func.count()).where(col(Run.state) != "closed")
    found = (await session.exec(query.group_by(col(Run.journey), col(Run.version)))).all()
    return {(journey, version): number for journey, version, number in found}


async def open_runs_of(session: AsyncSession, journey: str) -> Sequence[Run]:
    """The open runs of one journey, the oldest first."""
    query = select(Run).where(col(Run.journey) == journey, col(Run.state) != "closed")
    return (await session.exec(query.order_by(col(Run.started_at), col(Run.id)))).all()


async def record_version(session: AsyncSession, workflow_id: str, first_run_id: str, version: str) -> None:
    """A run goes on under another version from now on."""
    query = select(Run).where(col(Run.workflow_id) == workflow_id, col(Run.first_run_id) == first_run_id)
    run = (await session.exec(query.with_for_update())).first()
    if run is not None:
        run.version = version
        session.add(run)


def read_definition(row: JourneyVersion) -> Journey:
    """The journey that a row keeps."""
    return Journey.model_validate(row.definition)
