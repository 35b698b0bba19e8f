"""Notes in the audit log that the file a project is run by is another than it was."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from store.audit import latest_about, record
from store.database import Database

_FILE = "sojourn.yaml"


async def note_settings(database: Database, folder: Path) -> None:
    """Write a change when `sojourn.yaml` differs from when the log last told of it.

    The log holds a digest: the file itself is under the project's own version control. Journeys, policies and
    content tell of themselves when they go live.
    """
    digest, subject = hashlib.sha256((folder / _FILE).read_bytes()).hexdigest(), f"settings:{_FILE}"
    async with database.transaction() as session:
        last = await latest_about(session, subject)
        was = last.facts["sha256"] if last else None
        if digest != was:
            facts = {"what": "in force", "sha256": digest, "was": was}
            record(session, "change", subject, "the project's files", facts, at=datetime.now(UTC))
