"""The published versions of files that hold as a whole, such as `policies.yaml` or a content: at most one of each
subject is live."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.audit import record
from store.locks import take_turn
from store.tables import FilesVersion
from store.tables.changes import ChangeKind


async def lock_files(session: AsyncSession, subject: str) -> None:
    """Let no other transaction publish a subject until this one ends, so that what is compared with what is live
    takes the place of just that."""
    await take_turn(session, f"files:{subject}")


async def publish_files(
    session: AsyncSession,
    kind: ChangeKind,
    subject: str,
    version: str,
    files: Mapping[str, str],
    by: str,
    at: datetime,
) -> None:
    """Make a version of some files the live one at `at`, in UTC."""
    was = await _end_live(session, subject)
    facts = {"what": "published", "version": version, "was": was}
    record(session, "change", f"{kind}:{subject}", by, facts, at=at)
    row = await find_files(session, subject, version) or FilesVersion(
        subject=subject, version=version, kind=kind, files=dict(files), published_at=at, published_by=by, live=True
    )
    row.live, row.published_at, row.published_by = True, at, by
    session.add(row)
    await session.flush()


async def withdraw_files(session: AsyncSession, kind: ChangeKind, subject: str, by: str, at: datetime) -> None:
    """Let no version of some files be live from `at` on, in UTC."""
    was = await _end_live(session, subject)
    record(session, "change", f"{kind}:{subject}", by, {"what": "withdrawn", "was": was}, at=at)
    await session.flush()


async def find_files(session: AsyncSession, subject: str, version: str) -> FilesVersion | None:
    """A version as it was published, live or not."""
    return await session.get(FilesVersion, (subject, version))


async def live_files(session: AsyncSession, subject: str) -> FilesVersion | None:
    """The version that is live; None when none was ever published."""
    query = select(FilesVersion).where(col(FilesVersion.subject) == subject, col(FilesVersion.live).is_(True))
    return (await session.exec(query)).first()


class FilesWatch:
    """Tells one process when another version of some files went live."""

    def __init__(self, subject: str) -> None:
        self._subject, self._version = subject, ""

    async def news(self, session: AsyncSession) -> dict[str, str] | None:
        """The files that are live, when they are others than the last time; None also when none ever were."""
        live = await live_files(session, self._subject)
        if live is None or live.version == self._version:
            return None
        self._version = live.version
        return live.files


async def live_of_kind(session: AsyncSession, kind: ChangeKind) -> dict[str, str]:
    """Of every subject of a kind that was ever published the version that is live; empty where none is by now."""
    query = select(FilesVersion.subject, FilesVersion.version, FilesVersion.live)
    found: dict[str, str] = {}
    for subject, version, live in (await session.exec(query.where(col(FilesVersion.kind) == kind))).all():
        found[subject] = version if live else found.get(subject, "")
    return found


async def files_of_kind(session: AsyncSession, kind: ChangeKind) -> Sequence[FilesVersion]:
    """Every version of a kind that is live."""
    query = select(FilesVersion).where(col(FilesVersion.kind) == kind, col(FilesVersion.live).is_(True))
    return (await session.exec(query)).all()


async def _end_live(session: AsyncSession, subject: str) -> str | None:
    """Let what is live of a subject be so no longer, and give its version."""
    await lock_files(session, subject)
    was = await live_files(session, subject)
    if was is None:
        return None
    was.live = False
    session.add(was)
    # Before another gets live: the database refuses two.
    await session.flush()
    return was.version
