"""Who came in, and who was refused and why, for whoever looks after the installation."""

import logging

_log = logging.getLogger(__name__)


class Attempts:
    """Tells of logins and of refusals. What it is given names doors, people and reasons, and no customer."""

    async def signed_in(self, email: str, way: str) -> None:
        """Someone opened a session, by `token`, by `name` in a demonstration, or at the `provider`."""
        _log.info("%s signed in by %s", email, way)

    async def refused(self, door: str, reason: str, by: str = "someone unknown") -> None:
        """A door refused an attempt."""
        _log.warning("%s was refused at %s: %s", by, door, reason)
