"""The published versions of files that hold as a whole, such as `policies.yaml`: one of each subject is live."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.audit import record
from store.tables import FilesVersion
from store.tables.changes import ChangeKind


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
    query = select(FilesVersion).where(col(FilesVersion.subject) == subject).with_for_update()
    known = {row.version: row for row in (await session.exec(query)).all()}
    was = next((row.version for row in known.values() if row.live), None)
    record(
        session, "change", f"{kind}:{subject}", by, {"what": "published", "version": version, "was": was}, at=at
    )
    for row in known.values():
        row.live = False
        session.add(row)
    row = known.get(version) or FilesVersion(
        subject=subject, version=version, files=dict(files), published_at=at, published_by=by, live=True
    )
    row.live, row.published_at, row.published_by = True, at, by
    session.add(row)
    await session.flush()


async def find_files(session: AsyncSession, subject: str, version: str) -> FilesVersion | None:
    """A version as it was published, live or not."""
    return await session.get(FilesVersion, (subject, version))


async def live_files(session: AsyncSession, subject: str) -> FilesVersion | None:
    """The version that is live; None when none was ever published."""
    query = select(FilesVersion).where(col(FilesVersion.subject) == subject, col(FilesVersion.live).is_(True))
    return (await session.exec(query.order_by(col(FilesVersion.published_at).desc()).limit(1))).first()


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
