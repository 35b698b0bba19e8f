"""What goes wrong in calls of the Python client."""


class SojournError(Exception):
    """A call that did not succeed.

    SojournError
    +-- Refused       the server will never take this; `code` says why
    +-- Unavailable   the server did not take it in all attempts; sending the same again is safe
    """


class Refused(SojournError):
    """The server said no. `status` is the HTTP status, `code` the server's own word for the reason."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        super().__init__(message)


class Unavailable(SojournError):
    """No answer, or only ones that say to come back later."""
