"""What the environment says: where things run (`SOJOURN_*`), and the variables that a project's files name.

Whose journeys these are is in the project folder: see project/model.py.
"""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

import yamlfile

_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


class Settings(BaseSettings):
    """Where things run. Each field is read from `SOJOURN_<NAME>`; the defaults suit one machine."""

    model_config = SettingsConfigDict(env_prefix="SOJOURN_", frozen=True)

    project_dir: Path = Path()
    """The folder with `sojourn.yaml`, `journeys/`, `policies.yaml` and `content/`."""
    state_dir: Path = Path(".sojourn")
    """Where the SQLite database and the local secret are kept."""
    database_url: str = ""
    """`sqlite:///path` or `postgresql://user:password@host/name`; empty is SQLite in `state_dir`."""
    temporal_address: str = "127.0.0.1:7233"
    temporal_namespace: str = "default"
    temporal_ui_url: str = "http://127.0.0.1:8233"
    task_queue: str = "sojourn"
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = "http://127.0.0.1:8080"
    """How the console and the links in messages are reached from outside."""
    secret: str = ""
    """Signs approvals, sessions and links; at least 32 characters. Empty makes one in `state_dir`."""
    master_keys: str = ""
    """Wrap the customers' keys: at least 32 characters each, separated by commas. The first wraps, all unwrap.
    Empty takes them from `master_keys_file`."""
    master_keys_file: Path | None = None
    """A file with master keys, one a line; where a vault or an orchestrator puts secrets. By default it is
    `master-keys` in `state_dir`, with one that is made on first use."""
    codec_token: str = ""
    """Opens the codec endpoint to the Temporal UI of one machine; `sojourn dev` makes one. Empty leaves the
    endpoint to people who are signed in."""
    events_waiting: int = Field(default=100_000, ge=0)
    """Events that may wait for Temporal before senders are asked to come back later."""
    events_behind: timedelta = timedelta(days=1)
    """How long the oldest of them may wait before senders are asked to come back later."""
    requests_at_once: int = Field(default=256, ge=1)
    """Requests with events that one process handles at the same time."""
    audit_head_file: Path | None = None
    """Where the head of the audit log is kept, outside the database; `audit-head` in `state_dir` by default."""
    demo_users: bool = False
    """Let anyone sign in as any person of the project, without a token. For demonstrations on one machine."""

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{(self.state_dir / 'sojourn.db').absolute()}"


def read_expanded(file: Path) -> tuple[yamlfile.Document, list[yamlfile.Problem]]:
    """A YAML file with the environment's variables put in, and a problem for each that is not set.

    Raises yamlfile.FileProblems when the file is missing or is not YAML.
    """
    document = yamlfile.read(file)
    unset: list[yamlfile.Problem] = []
    _expand(document, document.root, (), unset)
    return document, unset


def _expand(document: yamlfile.Document, node: object, path: tuple[str | int, ...], problems: list[Any]) -> None:
    """Put environment variables into every string below `node`, in place, so that places stay known."""
    items = (
        list(cast(dict[str | int, object], node).items())
        if isinstance(node, dict)
        else list(enumerate(cast(list[object], node)))
        if isinstance(node, list)
        else []
    )
    for key, value in items:
        if isinstance(value, str):
            cast(Any, node)[key] = _substitute(document, value, (*path, key), problems)
        else:
            _expand(document, value, (*path, key), problems)


def _substitute(document: yamlfile.Document, text: str, path: tuple[str | int, ...], problems: list[Any]) -> str:
    def put(match: re.Match[str]) -> str:
        name = match.group(1)
        found = os.environ.get(name, cast(str | None, match.group(2)))
        if found is None:
            problems.append(document.problem(path, f"the environment variable {name} is not set"))
        return found or ""

    return _VARIABLE.sub(put, text)
