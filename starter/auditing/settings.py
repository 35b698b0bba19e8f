"""Notes in the audit log that the files a project is run by are others than they were."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from store.audit import latest_about, record
from store.database import Database

FILES = ("sojourn.yaml", "policies.yaml")


async def note_settings(database: Database, folder: Path) -> None:
    """Write a change for each file that differs from when the log last told of it.

    The log holds a digest: the files themselves are under the project's own version control.
    """
    async with database.transaction() as session:
        for name in FILES:
            content = (folder / name).read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            last = await latest_about(session, f"settings:{name}")
            was = last.facts["sha256"] if last else None
            if digest != was:
                facts = {"what": "in force", "sha256": digest, "was": was}
                record(session, "change", f"settings:{name}", "the project's files", facts, at=datetime.now(UTC))
