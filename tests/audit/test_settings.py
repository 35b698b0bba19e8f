"""A changed file of the project is told in the audit log once, when a process that serves finds it."""

from pathlib import Path

from sqlmodel import col, select

from starter.auditing.settings import note_settings
from store.database import Database
from store.tables import AuditEntry


async def told(database: Database) -> list[tuple[str, bool]]:
    """The changes: of what, and whether there was something before."""
    async with database.reading() as session:
        rows = (await session.exec(select(AuditEntry).order_by(col(AuditEntry.id)))).all()
    return [(row.subject, row.facts["was"] is not None) for row in rows]


async def test_a_changed_file_is_told_once(sqlite_database: Database, tmp_path: Path) -> None:
    (tmp_path / "sojourn.yaml").write_text("brand: {}\n")
    await note_settings(sqlite_database, tmp_path)
    (tmp_path / "sojourn.yaml").write_text("brand: {name: Northwind}\n")
    await note_settings(sqlite_database, tmp_path)
    await note_settings(sqlite_database, tmp_path)
    assert await told(sqlite_database) == [("settings:sojourn.yaml", False), ("settings:sojourn.yaml", True)]
