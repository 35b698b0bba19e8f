"""The local stack: ports, the Temporal dev server, the vendors' variables, and `sojourn dev` from start to end."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from keys.customers import CustomerKeys, MasterKeys
from settings import Settings
from starter.local.environment import vendor_variables
from starter.local.ports import Ports, PortTaken, free_ports, listen
from starter.local.programs import LocalPartFailed
from starter.local.temporal_server import temporal_server
from store.database import Database
from tests.cli.conftest import Command
from tests.conftest import RETAIL

pytestmark = pytest.mark.xdist_group("local")


def test_a_taken_port_is_named_with_the_option_that_changes_it():
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        ports = Ports(*free_ports(2), port, *free_ports(1))
        with pytest.raises(PortTaken, match=rf"Port {port} is taken .* --temporal-ui-port"):
            ports.check()


def test_only_taken_ports_are_replaced():
    api, temporal, ui = free_ports(3)
    with listen("127.0.0.1", 0) as taken:
        mailbox = taken.getsockname()[1]
        found = Ports(api, temporal, ui, mailbox).or_free()
    assert (found.api, found.temporal, found.temporal_ui) == (api, temporal, ui)
    assert found.mailbox not in (api, temporal, ui, mailbox)


def test_a_vendor_whose_credentials_are_set_is_left_alone_whole(monkeypatch: pytest.MonkeyPatch):
    sandbox = {"WHATSAPP_TOKEN": "made-up", "WHATSAPP_URL": "http://sandbox", "SMTP_HOST": "127.0.0.1"}
    monkeypatch.setenv("WHATSAPP_TOKEN", "real")
    monkeypatch.delenv("SMTP_HOST", raising=False)
    with vendor_variables(sandbox, keep_real=True) as real:
        assert real == ["WHATSAPP"]
        assert os.environ["WHATSAPP_TOKEN"] == "real"
        assert "WHATSAPP_URL" not in os.environ
        assert os.environ["SMTP_HOST"] == "127.0.0.1"
    assert "SMTP_HOST" not in os.environ


def test_a_demo_never_uses_real_credentials(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WHATSAPP_TOKEN", "real")
    with vendor_variables({"WHATSAPP_TOKEN": "made-up"}, keep_real=False) as real:
        assert (real, os.environ["WHATSAPP_TOKEN"]) == ([], "made-up")
    assert os.environ["WHATSAPP_TOKEN"] == "real"


def _settings(folder: Path) -> tuple[Settings, int]:
    temporal, ui = free_ports(2)
    return Settings(state_dir=folder, temporal_address=f"127.0.0.1:{temporal}"), ui


@pytest.fixture
async def keys(sqlite_database: Database) -> CustomerKeys:
    return CustomerKeys(sqlite_database, MasterKeys(["a master key that nobody will guess"]))


async def test_a_temporal_server_that_ends_by_itself_is_told(tmp_path: Path, keys: CustomerKeys):
    settings, ui = _settings(tmp_path)
    async with temporal_server(settings, keys, ui, persistent=False) as server:
        server.process.kill()
        with pytest.raises(LocalPartFailed, match="The Temporal server ended by itself"):
            await server.ended()


async def test_a_temporal_server_that_does_not_come_up_is_told_with_its_last_words(
    tmp_path: Path, keys: CustomerKeys
):
    settings, ui = _settings(tmp_path)
    (tmp_path / "temporal.db").write_text("this is no database")
    with pytest.raises(LocalPartFailed, match=r"did not come up: .*\nIts log is .*temporal\.log"):
        async with temporal_server(settings, keys, ui, persistent=True):
            pass


async def test_another_server_at_the_same_address_is_not_taken_for_ours(tmp_path: Path, keys: CustomerKeys):
    settings, ui = _settings(tmp_path)
    async with temporal_server(settings, keys, ui, persistent=False):
        with pytest.raises(LocalPartFailed, match=r"did not come up: .*address already in use"):
            async with temporal_server(
                settings.model_copy(update={"state_dir": tmp_path / "b"}), keys, ui, persistent=False
            ):
                pass


@contextmanager
def _dev(*options: str) -> Generator[subprocess.Popen[str]]:
    """`sojourn dev` for the retail shop, in the present folder."""
    command = [Path(sys.executable).with_name("sojourn"), "--project", RETAIL, "dev", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_dev_comes_up_serves_and_stops_leaving_nothing_behind():
    api, temporal, ui, mailbox = ports = free_ports(4)
    options = ("--port", api, "--temporal-port", temporal, "--temporal-ui-port", ui, "--mailbox-port", mailbox)
    with _dev(*map(str, options)) as process:
        assert process.stdout is not None
        while "is up" not in (line := process.stdout.readline()):
            assert line, process.communicate()[1]
        for page in (f"{api}/readyz", f"{api}/sign-in", f"{ui}/", f"{mailbox}/mailbox"):
            with urllib.request.urlopen(f"http://127.0.0.1:{page}", timeout=10) as answer:
                assert answer.status == 200
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)


def test_dev_that_is_killed_leaves_no_temporal_server_behind():
    api, temporal, ui, mailbox = free_ports(4)
    options = ("--port", api, "--temporal-port", temporal, "--temporal-ui-port", ui, "--mailbox-port", mailbox)
    with _dev(*map(str, options)) as process:
        _wait(lambda: _answers(temporal), "the Temporal server did not come up")
        process.kill()
    _wait(lambda: not _answers(temporal), "the Temporal server outlived the process that started it")


def _wait(holds: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionResetError:  # it is on its way out
        return True
    except ConnectionRefusedError:
        return False
    return True


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_without_a_project_that_is_what_is_told_and_not_that_temporal_is_away(process: Command, command: str):
    answer = process("--project", "/nonexistent", command)
    assert answer.code == 1
    assert "/nonexistent/sojourn.yaml" in answer.err
    assert "there is no project here" in answer.err


def test_dev_on_a_taken_port_is_one_sentence(process: Command):
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        answer = process("--project", RETAIL, "dev", "--port", port)
    assert answer.code == 1
    assert answer.err == f"Port {port} is taken by another program. Stop it, or choose another port with --port.\n"


def test_dev_without_a_project_says_how_to_name_one(process: Command):
    options = zip(
        ("--port", "--temporal-port", "--temporal-ui-port", "--mailbox-port"), free_ports(4), strict=True
    )
    answer = process("dev", *(word for option in options for word in option))
    assert answer.code == 1
    assert answer.err.endswith(
        "there is no project here (name a project folder with --project or SOJOURN_PROJECT_DIR)\n"
    )
