"""A real API for commands to talk to: `sojourn serve` in a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from starter.local.ports import free_ports
from tests.conftest import RETAIL

VENDORS = {
    "SMTP_HOST": "127.0.0.1",
    "SMTP_PORT": "9",
    "SMTP_USERNAME": "nobody",
    "SMTP_PASSWORD": "none",
    "FCM_SERVICE_ACCOUNT": "none.json",
    "WHATSAPP_PHONE_NUMBER_ID": "1",
    "WHATSAPP_TOKEN": "none",
    "WHATSAPP_APP_SECRET": "none at all",
    "WHATSAPP_VERIFY_TOKEN": "none at all",
}
"""Vendors that nobody reaches: the API sends nothing itself."""


@dataclass(frozen=True)
class Api:
    url: str
    database_url: str

    @property
    def sender(self) -> dict[str, str]:
        """The environment of whoever sends events."""
        return {"SOJOURN_URL": self.url, "SOJOURN_WRITE_KEY": "demo-write-key"}

    def person(self, name: str) -> dict[str, str]:
        """The environment of a person of the project."""
        return {"SOJOURN_URL": self.url, "SOJOURN_TOKEN": f"demo-token-{name}"}


@contextmanager
def api_of(state_dir: Path, temporal_address: str) -> Generator[Api]:
    """The retail shop's API, served while the block lasts."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    environment = VENDORS | {
        "SOJOURN_PROJECT_DIR": str(RETAIL),
        "SOJOURN_STATE_DIR": str(state_dir),
        "SOJOURN_TEMPORAL_ADDRESS": temporal_address,
        "SOJOURN_PORT": str(port),
        "SOJOURN_PUBLIC_URL": url,
    }
    command = [Path(sys.executable).with_name("sojourn"), "serve"]
    with subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == f"Serving at {url}. Ctrl-C stops.\n"
            yield Api(url, f"sqlite:///{state_dir}/sojourn.db")
        finally:
            process.terminate()
            assert process.wait(30) == 128 + signal.SIGTERM
