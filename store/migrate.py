"""Brings the database to the tables of this release. Run by every process at its start; a no-op when current."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from store.database import Database

_MIGRATION_LOCK = 5_703_301
"""A PostgreSQL advisory lock, so that processes that start together migrate one after the other."""


async def migrate(database: Database) -> None:
    """Apply every migration that is still missing."""
    async with database.connection() as connection:
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
    config = alembic_config(connection)
    head = ScriptDirectory.from_config(config).get_current_head()
    if MigrationContext.configure(connection).get_current_revision() != head:
        command.upgrade(config, "head")


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for a connection; there is no `alembic.ini`."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
