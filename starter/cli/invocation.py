"""What every command shares: the settings it runs with, the form of its output, and the store it reads."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from typer.core import TyperGroup

from starter.cli.failures import CommandFailed

if TYPE_CHECKING:
    from settings import Settings
    from store.database import Database


@dataclass(frozen=True)
class Invocation:
    """The options that stand before the noun."""

    project: Path | None = None


class Format(StrEnum):
    text = "text"
    json = "json"


Output = Annotated[Format, typer.Option("--output", "-o", help="text to read, json for programs.")]
_WHOLE = 1_000
"""Characters that no first sentence has."""
Page = Annotated[int, typer.Option(min=1, help="Which page; the first is 1.")]


class Commands(TyperGroup):
    """Commands, listed with the whole first sentence of each: Typer cuts off what a line cannot hold."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write what each command does, on as many lines as it needs."""
        known = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(_WHOLE)) for name, each in known if each])


def noun(name: str, sentence: str, more: str = "") -> typer.Typer:
    """The commands of one noun: what it is in a sentence, and what else its own help tells."""
    return typer.Typer(
        name=name, help=f"{sentence}\n\n{more}", cls=Commands, no_args_is_help=True, rich_markup_mode=None
    )


def settings_of(context: typer.Context) -> "Settings":
    """The settings from the environment, with `--project` before it. Raises pydantic.ValidationError."""
    from settings import Settings

    project = cast(Invocation, context.obj).project
    return Settings(project_dir=project) if project else Settings()


def has_store(settings: "Settings") -> bool:
    """Whether there is a store already; one on a server is taken to be there."""
    file = settings.database.removeprefix("sqlite:///")
    return file == settings.database or Path(file).is_file()


@asynccontextmanager
async def open_store(settings: "Settings") -> "AsyncGenerator[Database]":
    """The store, brought to the tables of this release. Raises CommandFailed when there is none yet."""
    from store.database import Database
    from store.migrate import migrate

    if not has_store(settings):
        # A mistyped folder must not leave an empty database behind.
        raise CommandFailed(
            f"There is no database at {settings.database.removeprefix('sqlite:///')}. Run this where "
            "'sojourn dev' or 'sojourn worker' runs, or set SOJOURN_STATE_DIR or SOJOURN_DATABASE_URL to theirs."
        )
    database = Database(settings.database)
    try:
        await migrate(database)
        yield database
    finally:
        await database.close()
