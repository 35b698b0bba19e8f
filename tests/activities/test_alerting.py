"""Alerts to people: what reaches a real HTTP endpoint and a real mail server, and what fails."""

import asyncio
import email
import email.policy
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

import yamlfile
from activities.alerting import Told
from store.alerts import list_alerts
from store.database import Database
from tests.activities.conftest import CONSOLE, Endpoint, alerts_of


class Mails:
    def __init__(self) -> None:
        self.received: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 aiosmtpd's name
        self.received.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


@pytest.fixture
async def mail_server() -> AsyncGenerator[tuple[Mails, int]]:
    mails = Mails()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(mails), "127.0.0.1", 0)
    yield mails, server.sockets[0].getsockname()[1]
    server.close()


async def test_a_group_is_told_at_each_of_its_addresses(
    tmp_path: Path, sqlite_database: Database, endpoint: Endpoint, mail_server: tuple[Mails, int]
) -> None:
    mails, port = mail_server
    written = f"""alerts:
  finance:
    - json://{endpoint.host}/alerts
    - mailto://127.0.0.1:{port}/?from=sojourn@shop.example&to=finance@shop.example
"""
    page = f"{CONSOLE}/approvals/a_1"
    alerts = alerts_of(tmp_path, sqlite_database, written)

    told = await alerts.tell("finance", "A refund\r\nBcc: all@shop.example", "120 € & <more> wait.", page)

    assert told == Told(reached=2)
    [heard], [mail] = endpoint.heard, mails.received
    assert (heard["title"], heard["message"]) == (
        "A refund Bcc: all@shop.example",
        f"120 € & <more> wait.\n\n{page}",
    )
    assert (mail["To"], mail["Bcc"]) == ("finance@shop.example", None)
    assert mail["Subject"] == "A refund Bcc: all@shop.example"
    body = mail.get_body(("plain", "html"))
    assert body is not None
    assert page in body.get_content()


async def test_who_cannot_be_told_is_counted_and_the_others_are_told(
    tmp_path: Path, database: Database, endpoint: Endpoint
) -> None:
    written = f"alerts: {{operators: ['json://{endpoint.host}/up', 'json://u:hidden@{endpoint.host}/down']}}"
    alerts = alerts_of(tmp_path, database, written)

    told = await alerts.tell("operators", "Disk full", "On db-1.")

    async with database.reading() as session:
        [kept] = await list_alerts(session, datetime.now(UTC) - timedelta(minutes=5))
    assert (told.reached, len(endpoint.heard)) == (1, 1)
    assert (kept.audience, kept.reached, kept.failed) == ("operators", 1, 1)
    assert kept.reason.startswith("JSON: ")
    assert "hidden" not in kept.reason
    assert "Disk full" not in kept.reason


async def test_a_store_that_is_away_does_not_keep_people_from_being_told(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    away = Database(f"sqlite:///{tmp_path}/nowhere/sojourn.db")
    alerts = alerts_of(tmp_path, away, f"alerts: {{operators: ['json://{endpoint.host}/up']}}")

    assert await alerts.tell("operators", "Disk full", "On db-1.") == Told(reached=1)
    await away.close()


async def test_a_link_leads_to_the_console_alone(
    tmp_path: Path, sqlite_database: Database, endpoint: Endpoint
) -> None:
    alerts = alerts_of(tmp_path, sqlite_database, f"alerts: {{operators: ['json://{endpoint.host}/up']}}")

    await alerts.tell("operators", "Look", "Here.", f"{CONSOLE}.evil.example/runs")

    assert endpoint.heard[0]["message"] == "Here."


async def test_an_audience_without_addresses_is_told_nothing(
    tmp_path: Path, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FINANCE_ALERTS", raising=False)
    alerts = alerts_of(tmp_path, sqlite_database, "alerts: {finance: ['${FINANCE_ALERTS:-}']}")

    assert await alerts.tell("finance", "A refund waits", "120 €.") == Told()
    assert await alerts.tell("operators", "Disk full", "On db-1.") == Told()


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("finanse: ['json://shop.example']", "there is no group 'finanse' (did you mean 'finance'?)"),
        ("operators: ['slak://s3cret']", "'slak://' is no service that apprise knows (did you mean 'slack'?)"),
        (
            "operators: ['slack://s3cret']",
            "this is no whole address of Slack (see https://appriseit.com/services/slack/)",
        ),
        ("operators: ['ops@shop.example']", "this is no address of a service"),
    ],
)
def test_a_wrong_address_is_told_at_its_line_without_its_secret(
    written: str, problem: str, tmp_path: Path, sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(yamlfile.FileProblems) as told:
        alerts_of(tmp_path, sqlite_database, f"alerts:\n  {written}\n")

    assert f"sojourn.yaml:6:{3 if 'finanse' in written else 15}: {problem}" in str(told.value)
    assert "s3cret" not in str(told.value) + caplog.text
