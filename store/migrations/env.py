"""Alembic's entry point: runs the migrations on the connection that `store.migrate` hands over."""

from alembic import context
from sqlmodel import SQLModel

import store.tables  # noqa: F401  # pyright: ignore[reportUnusedImport] importing registers the tables

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
