"""`sojourn channel`: what a project sends over, whether it gets through, and one message to try it."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.server import Sandbox
from store.channels import note_worker, put_pause
from store.database import Database
from tests import seeding
from tests.cli.conftest import Command

PROJECT = """brand: {name: Northwind, address: Hamburg, url: "https://northwind.example"}
write_keys: [key]
channels:
  email:
    provider: postmark
    server_token: ${POSTMARK_SERVER_TOKEN:-none}
    per_second: 80
    sender: Northwind <hello@mail.northwind.example>
    url: ${POSTMARK_URL:-http://127.0.0.1:1}
  whatsapp:
    provider: whatsapp_cloud
    phone_number_id: ${WHATSAPP_PHONE_NUMBER_ID:-1}
    token: ${WHATSAPP_TOKEN:-none}
    url: ${WHATSAPP_URL:-http://127.0.0.1:1}
  inbox: {provider: surface}
"""
ALERTS = """alerts:
  operators: ["json://127.0.0.1:1/?cto=1", "${CHAT:-}"]
"""
ADA = "ada@shoppers.example"


@pytest.fixture(autouse=True)
def _project() -> None:
    Path("sojourn.yaml").write_text(PROJECT, encoding="utf-8")


def with_sandbox(tmp_path: Path, call: Callable[[Sandbox], Any]) -> Any:
    """What `call` gives while the vendors are there; it runs beside them, as a command does."""

    async def run() -> Any:
        async with Sandbox.start(state_dir=tmp_path, whatsapp_templates={"hello_world": 0}) as sandbox:
            return await asyncio.to_thread(call, sandbox)

    return asyncio.run(run())


def test_the_channels_of_a_project_are_listed(sojourn: Command) -> None:
    assert sojourn("channel", "list").out.splitlines() == [
        "CHANNEL   PROVIDER        REACHES BY",
        "email     postmark        email",
        "whatsapp  whatsapp_cloud  phone",
        "inbox     surface         customer",
    ]


def test_every_provider_there_is_says_what_it_must_be_told(sojourn: Command) -> None:
    rows = json.loads(sojourn("channel", "list", "--known", "-o", "json").out)

    told = {(row["channel"], row["provider"]): row["must_be_told"] for row in rows}
    assert told["email", "sendgrid"] == "sender, api_key"
    assert told["inbox", "surface"] == ""


def test_a_message_to_try_the_channel_arrives_and_each_stage_is_told(sojourn: Command, tmp_path: Path) -> None:
    def call(sandbox: Sandbox) -> None:
        answer = sojourn("channel", "test", "email", "--to", ADA, **sandbox.environment())

        [mail] = sandbox.mailbox.messages
        assert [line.split()[:2] for line in answer.out.splitlines()[:2]] == [["ok", "prepare"], ["ok", "send"]]
        assert (answer.code, mail.recipient) == (0, ADA)
        assert mail.delivery_id in answer.out
        assert f"marked {mail.delivery_id}" in mail.content["text"]

    with_sandbox(tmp_path, call)


def test_whatsapp_is_tried_with_an_approved_template(sojourn: Command, tmp_path: Path) -> None:
    def call(sandbox: Sandbox) -> None:
        named = ("--field", "template=hello_world", "--field", "language=en")
        answer = sojourn("channel", "test", "whatsapp", "--to", "+4917012345678", *named, **sandbox.environment())

        assert (answer.code, sandbox.mailbox.messages[0].title) == (0, "hello_world")

    with_sandbox(tmp_path, call)


def test_a_wrong_token_fails_the_command_and_says_what_to_do(sojourn: Command, tmp_path: Path) -> None:
    def call(sandbox: Sandbox) -> None:
        wrong = sandbox.environment() | {"POSTMARK_SERVER_TOKEN": "wrong"}
        answer = sojourn("channel", "test", "email", "--to", ADA, "-o", "json", **wrong)

        stages = json.loads(answer.out)["stages"]
        assert answer.code == 1
        assert [(stage["stage"], stage["ok"]) for stage in stages] == [("prepare", True), ("send", False)]
        assert stages[1]["detail"].startswith("postmark.10: ")
        assert stages[1]["do"].startswith("mend the settings of this channel in sojourn.yaml")

    with_sandbox(tmp_path, call)


def test_what_is_no_address_never_reaches_the_vendor(sojourn: Command) -> None:
    answer = sojourn("channel", "test", "email", "--to", "ada")

    assert answer.code == 1
    assert answer.out.startswith("FAILED  prepare")


def test_a_mistyped_channel_is_told(sojourn: Command) -> None:
    answer = sojourn("channel", "test", "emial", "--to", ADA)

    assert answer.code != 0
    assert "There is no channel 'emial' in sojourn.yaml (did you mean 'email'?)." in answer.err


def test_the_status_tells_what_is_paused_and_what_became_of_messages(
    sojourn: Command, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOJOURN_DATABASE_URL", sqlite_url)
    until = datetime.now(UTC) + timedelta(minutes=4)
    asyncio.run(_pause(sqlite_url, until))

    assert sojourn("channel", "status").out.splitlines() == [
        "email: paused; in 1 h: nothing",
        "  at most 80 a second, over 2 workers together",
        f"  until {until:%Y-%m-%d %H:%M} UTC  postmark.10",
        "  the token was invalid",
        "  what to do: mend the settings of this channel, or the account at the vendor",
        "inbox: open; in 1 h: nothing",
        "whatsapp: open; in 1 h: nothing",
    ]
    rows = json.loads(sojourn("channel", "status", "-o", "json").out)
    assert [(row["channel"], row["state"]) for row in rows] == [
        ("email", "paused"),
        ("inbox", "open"),
        ("whatsapp", "open"),
    ]


def test_an_alert_to_try_fails_the_command_where_nobody_takes_it_and_the_status_remembers(
    sojourn: Command, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOJOURN_DATABASE_URL", sqlite_url)
    Path("sojourn.yaml").write_text(PROJECT + ALERTS, encoding="utf-8")

    answer = sojourn("channel", "test", "alerts:operators")

    assert answer.code == 1
    assert "JSON: A Connection error occurred" in answer.out
    assert sojourn("channel", "list").out.splitlines()[-1] == "alerts:operators  apprise         json"
    assert "alerts:operators: in 1 h: 1 failed" in sojourn("channel", "status").out
    assert json.loads(sojourn("channel", "status", "-o", "json").out)[-1]["messages"] == {"told": 0, "failed": 1}


def test_an_audience_that_nobody_is_named_for_is_told(sojourn: Command) -> None:
    Path("sojourn.yaml").write_text(PROJECT + ALERTS, encoding="utf-8")

    assert "names nobody under alerts for 'operator' (did you mean 'operators'?)" in (
        sojourn("channel", "test", "alerts:operator").err
    )
    assert "leave out --to" in sojourn("channel", "test", "alerts:operators", "--to", ADA).err


async def _pause(url: str, until: datetime) -> None:
    database = Database(url)
    async with database.transaction() as session:
        await put_pause(session, seeding.channel_pause(until))
        for worker in ("1@host", "2@host"):
            await note_worker(session, worker, datetime.now(UTC), seeding.NOW)
    await database.close()
