"""`sojourn approval` against the real API: what waits, and decisions that count or do not."""

import asyncio
import json
from collections.abc import Generator

import pytest

from store.database import Database
from tests import seeding
from tests.cli.conftest import Command
from tests.cli.serving import Api, api_of

pytestmark = pytest.mark.xdist_group("cli-api")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, temporal_address: str) -> Generator[Api]:
    """An API with one open approval, of a run that is gone, and one that was rejected."""
    with api_of(tmp_path_factory.mktemp("api"), temporal_address) as running:
        asyncio.run(_fill(running.database_url))
        yield running


async def _fill(url: str) -> None:
    database = Database(url)
    rejected = {"state": "rejected", "decided_by": seeding.ADA.email, "decided_at": seeding.NOW}
    await seeding.put(
        database,
        seeding.customer(),
        seeding.approval("a_open"),
        seeding.approval("a_rejected", **rejected, decision_reason="too much"),
    )
    await database.close()


def test_open_approvals_are_listed(sojourn: Command, api: Api):
    lines = sojourn("approval", "list", **api.person("ada")).out.splitlines()
    assert lines[0].split() == ["UNTIL", "(UTC)", "GROUP", "CHANNEL", "APPROVAL"]
    assert [line.split()[2:] for line in lines[1:]] == [["marketing", "whatsapp", "a_open"]]


def test_settled_approvals_as_json(sojourn: Command, api: Api):
    listed = json.loads(sojourn("approval", "list", "--state", "rejected", "-o", "json", **api.person("ada")).out)
    assert [(row["id"], row["decision_reason"]) for row in listed] == [("a_rejected", "too much")]


def test_an_approval_is_shown_with_what_would_leave(sojourn: Command, api: Api):
    shown = sojourn("approval", "show", "a_open", **api.person("ada")).out
    assert "discount  10 %" in shown
    assert "you       may decide" in shown
    assert '"name": "browse_offer"' in shown


def test_nobody_approves_what_they_wrote(sojourn: Command, api: Api):
    answer = sojourn("approval", "approve", "a_open", **api.person("maria"))
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == "You wrote this journey, and nobody approves what they wrote. Ask a colleague.\n"


def test_what_was_decided_stays_decided(sojourn: Command, api: Api):
    answer = sojourn("approval", "approve", "a_rejected", **api.person("ada"))
    assert (answer.code, answer.err) == (1, "You have already rejected this. Nothing more is needed.\n")


def test_the_same_decision_again_is_fine(sojourn: Command, api: Api):
    answer = sojourn("approval", "reject", "a_rejected", "--reason", "too much", **api.person("ada"))
    assert (answer.code, answer.out) == (0, "Rejected by ada@northwind.example.\n")


def test_an_approval_that_does_not_exist(sojourn: Command, api: Api):
    answer = sojourn("approval", "show", "a_none", **api.person("ada"))
    assert (answer.code, answer.err) == (1, "There is no such approval. Look in the list for what is open.\n")


def test_a_rejection_needs_a_reason(process: Command):
    answer = process("approval", "reject", "a_open", "--token", "t")
    assert answer.code == 2
    assert "Missing option '--reason'" in answer.err


def test_a_missing_token_is_told(sojourn: Command):
    assert "--token or SOJOURN_TOKEN" in sojourn("approval", "list").err


def test_a_wrong_token_is_told(sojourn: Command, api: Api):
    answer = sojourn("approval", "list", "--url", api.url, "--token", "wrong")
    assert (answer.code, answer.err) == (
        1,
        "Nobody in sojourn.yaml has this token. Check it, or ask for a new one.\n",
    )
