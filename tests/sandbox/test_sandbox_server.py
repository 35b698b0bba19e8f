"""The sandbox starts beside others, says when it cannot, and leaves nothing behind."""

import json
import signal
import socket
import stat
from pathlib import Path

import pytest

from sandbox.server import Sandbox


async def test_two_run_side_by_side(tmp_path: Path) -> None:
    async with Sandbox.start(state_dir=tmp_path / "a") as one, Sandbox.start(state_dir=tmp_path / "b") as other:
        assert one.http_url != other.http_url
        assert one.environment()["SMTP_PORT"] != other.environment()["SMTP_PORT"]


@pytest.mark.parametrize("which", ["smtp_port", "http_port"])
async def test_a_taken_port_is_told(which: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        async with Sandbox.start(state_dir=tmp_path, **{which: taken.getsockname()[1]}):
            pass


async def test_its_ports_are_free_again_afterwards(tmp_path: Path) -> None:
    async with Sandbox.start(state_dir=tmp_path) as sandbox:
        port = sandbox.smtp_port

    async with Sandbox.start(state_dir=tmp_path, smtp_port=port) as again:
        assert again.smtp_port == port


async def test_it_leaves_ctrl_c_to_the_program_around(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)

    async with Sandbox.start(state_dir=tmp_path):
        assert signal.getsignal(signal.SIGINT) is before


async def test_the_key_is_for_its_owner_only(tmp_path: Path) -> None:
    async with Sandbox.start(state_dir=tmp_path) as sandbox:
        assert "PRIVATE KEY" in json.loads(sandbox.service_account.read_text())["private_key"]

    assert stat.S_IMODE(sandbox.service_account.stat().st_mode) == 0o600
