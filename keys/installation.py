"""The secrets of an installation: as the environment gives them, or made on first use and kept in `state_dir`."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from settings import Settings

_SECRET_LENGTH = 32


class SecretTooShort(ValueError):
    """A secret of the installation could be guessed. The message says what to do."""


class MasterKeysMissing(ValueError):
    """The file with the master keys is not there. The message says what to do."""


def installation_secret(settings: Settings) -> str:
    """The secret that signs approvals, sessions and links; made on first use and kept in `state_dir`.

    Raises SecretTooShort when the one given is too short to be safe.
    """
    if settings.secret:
        if len(settings.secret) < _SECRET_LENGTH:
            raise SecretTooShort(f"SOJOURN_SECRET must have at least {_SECRET_LENGTH} characters.")
        return settings.secret
    file = settings.state_dir / "secret"
    if not file.exists():
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        _write_once(file, secrets.token_urlsafe(_SECRET_LENGTH))
    return file.read_text(encoding="utf-8")


def master_keys(settings: Settings) -> list[str]:
    """The secrets that wrap the customers' keys, the one that wraps new ones first.

    Raises SecretTooShort for one that could be guessed, and MasterKeysMissing when the file that was named is
    not there: a key made in its place could read nothing.
    """
    given = settings.master_keys.replace(",", "\n")
    if not given:
        file = settings.master_keys_file or default_master_keys_file(settings)
        if settings.master_keys_file is None and not file.exists():
            settings.state_dir.mkdir(parents=True, exist_ok=True)
            _write_once(file, secrets.token_urlsafe(_SECRET_LENGTH))
        if not file.is_file():
            raise MasterKeysMissing(f"There is no file {file}. SOJOURN_MASTER_KEYS_FILE names it.")
        given = file.read_text(encoding="utf-8")
    found = [line.strip() for line in given.splitlines() if line.strip()]
    if not found or any(len(key) < _SECRET_LENGTH for key in found):
        raise SecretTooShort(f"Each of SOJOURN_MASTER_KEYS must have at least {_SECRET_LENGTH} characters.")
    return found


def default_master_keys_file(settings: Settings) -> Path:
    """Where a master key is kept when none is given."""
    return settings.state_dir / "master-keys"


def _write_once(file: Path, text: str) -> None:
    """Make a private file whole or not at all; of several processes that start together the first wins."""
    descriptor, draft = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as new:
        new.write(text)
    with contextlib.suppress(FileExistsError):
        Path(file).hardlink_to(draft)
    Path(draft).unlink()
