"""The ports of the local parts: fixed ones that people can remember, or free ones where those are taken."""

import errno
import socket
from dataclasses import asdict, dataclass


class PortTaken(Exception):
    """Another program listens on a port. The message says which, and what to do."""


@dataclass(frozen=True)
class Ports:
    """Where the local parts listen."""

    api: int = 8080
    temporal: int = 7233
    temporal_ui: int = 8233
    mailbox: int = 8025

    def check(self) -> None:
        """Raises PortTaken for the first port that is not free."""
        for part, port in self._each().items():
            if not _is_free(port):
                option = "--port" if part == "api" else f"--{part.replace('_', '-')}-port"
                raise PortTaken(
                    f"Port {port} is taken by another program. Stop it, or choose another port with {option}."
                )

    def or_free(self) -> "Ports":
        """The same ports, with a free one in the place of each that is taken."""
        taken = [part for part, port in self._each().items() if not _is_free(port)]
        return Ports(**(self._each() | dict(zip(taken, free_ports(len(taken)), strict=True))))

    def _each(self) -> dict[str, int]:
        return asdict(self)


def listen(host: str, port: int, backlog: int = 2048) -> socket.socket:
    """A listening socket. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            why = "is taken by another program" if error.errno == errno.EADDRINUSE else "may not be used by you"
            raise PortTaken(f"Port {port} {why}. Choose another one with --port or SOJOURN_PORT.") from error
        raise PortTaken(f"The address {host}:{port} cannot be listened on: {error.strerror}.") from error
    listener.listen(backlog)
    return listener


def free_ports(count: int) -> list[int]:
    """Ports that no program listens on at the moment, all different."""
    open_ = [listen("127.0.0.1", 0) for _ in range(count)]
    try:
        return [listener.getsockname()[1] for listener in open_]
    finally:
        for listener in open_:
            listener.close()


def _is_free(port: int) -> bool:
    try:
        listen("127.0.0.1", port).close()
    except PortTaken:
        return False
    return True
