"""What went wrong, in a sentence that says what to do. Never a traceback, unless SOJOURN_DEBUG asks for one."""

import os
import traceback
from typing import Any, cast

# Errors whose messages are written for the user already. By name, so that telling one imports nothing.
_TOLD_AS_THEY_ARE = {
    "activities.planning.language_model.NotInstalled",
    "keys.customers.UnknownMasterKey",
    "keys.installation.MasterKeysMissing",
    "keys.installation.SecretTooShort",
    "starter.cli.failures.CommandFailed",
    "starter.client.errors.SojournError",
    "starter.changes.contents.NotPublished",
    "starter.contents.shelf.NoSuchContent",
    "starter.demo.play.DemoFailed",
    "starter.local.ports.PortTaken",
    "starter.local.programs.LocalPartFailed",
    "starter.rehearsal.player.RehearsalFailed",
    "starter.serving.ServerFailed",
    "starter.temporal.TemporalUnreachable",
    "yamlfile.FileProblems",
}


class CommandFailed(Exception):
    """A command cannot do what it was asked to; the message says why and what to do."""


def explain(error: Exception) -> str:
    """What to tell the user about an error."""
    if os.environ.get("SOJOURN_DEBUG"):
        return "".join(traceback.format_exception(error)).rstrip()
    while isinstance(error, ExceptionGroup):
        error = cast(ExceptionGroup[Exception], error).exceptions[0]
    return _known(error) or (
        f"{type(error).__name__}: {error}\n"
        "Sojourn has no advice on this one. Set SOJOURN_DEBUG=1 to see where it arose."
    )


def _known(error: Exception) -> str:
    """The sentence for an error that is to be expected; empty for any other."""
    kinds = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    if kinds & _TOLD_AS_THEY_ARE:
        return str(error)
    told = cast(Any, error)
    if "pydantic_core._pydantic_core.ValidationError" in kinds and told.title == "Settings":
        return "\n".join(f"SOJOURN_{str(e['loc'][0]).upper()}: {e['msg']}." for e in told.errors())
    if "sqlalchemy.exc.ArgumentError" in kinds or "sqlalchemy.exc.NoSuchModuleError" in kinds:
        return "SOJOURN_DATABASE_URL is no database URL; write sqlite:///path or postgresql://user:password@host/name."
    if "sqlalchemy.exc.SQLAlchemyError" in kinds or isinstance(error, ConnectionError):
        return f"The database does not answer: {_first_line(error)}. Check SOJOURN_DATABASE_URL."
    return ""


def _first_line(error: Exception) -> str:
    cause = str(getattr(error, "orig", None) or error) or type(error).__name__
    return cause.splitlines()[0].rstrip(".")
