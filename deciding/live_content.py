"""Keeps the library of a process what is live in the store: a worker's, the API's, and the command line's."""

import asyncio

from sqlmodel.ext.asyncio.session import AsyncSession

from content.approvals import Place, Published
from content.library import Library
from store.files import files_of_kind, live_of_kind


def subject_of(place: Place) -> str:
    """The name of a content over a channel among the files in the store: `welcome/email`."""
    return "/".join(place)


async def take_up_live(session: AsyncSession, library: Library) -> None:
    """Let a library render what is live by now. What is not it goes on rendering as before.

    Raises yamlfile.FileProblems for texts that this release cannot read; then nothing is taken up.
    """
    versions = {_place(subject): version for subject, version in (await live_of_kind(session, "content")).items()}
    if versions != library.live:
        published = await published_content(session)
        # Reading templates takes a while: messages go on being made meanwhile.
        library.take_up(await asyncio.to_thread(library.with_published, published))


async def published_content(session: AsyncSession) -> dict[Place, Published | None]:
    """Every content that was ever published, as it is live; None where it was taken back."""
    found: dict[Place, Published | None] = {_place(each): None for each in await live_of_kind(session, "content")}
    for row in await files_of_kind(session, "content"):
        found[_place(row.subject)] = Published(
            version=row.version, by=row.published_by, at=row.published_at, texts=row.files
        )
    return found


def _place(subject: str) -> Place:
    name, _, channel = subject.partition("/")
    return name, channel
