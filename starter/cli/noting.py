"""What somebody does at the command line, past the doors of the API, told in the audit log."""

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from store.database import Database


async def note(database: "Database", subject: str, what: str, **facts: Any) -> None:
    """Write that whoever is signed in on this machine did something just now."""
    from store.audit import record

    async with database.transaction() as session:
        record(session, "change", subject, getpass.getuser(), {"what": what, **facts}, at=datetime.now(UTC))
