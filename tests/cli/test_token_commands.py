"""`sojourn token create|list|revoke`: shown once, listed without the secret, revoked for good."""

import json

import pytest

from tests.cli.conftest import Answer, Command
from tests.conftest import RETAIL


@pytest.fixture
def token(sojourn: Command, sqlite_url: str) -> Command:
    """`sojourn token` in the retail project."""

    def answer(*arguments: object) -> Answer:
        return sojourn("--project", RETAIL, "token", *arguments, SOJOURN_DATABASE_URL=sqlite_url)

    return answer


def test_a_token_is_shown_once(token: Command) -> None:
    made = token("create", "checkout", "--scope", "events:write", "--scope", "runs:write", "--days", "30")
    assert made.code == 0
    secret = made.out.strip()
    assert secret.startswith("sjn_")
    listed = token("list", "-o", "json")
    (row,) = json.loads(listed.out)
    assert (row["name"], row["scopes"], row["revoked_at"]) == ("checkout", ["events:write", "runs:write"], None)
    assert secret not in listed.out
    assert "digest" not in row


def test_a_revoked_token_says_so(token: Command) -> None:
    row = json.loads(token("create", "checkout", "--scope", "events:write", "-o", "json").out)
    assert token("revoke", row["id"]).code == 0
    assert "revoked" in token("list").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create", "bot", "--scope", "event:write"), "did you mean"),
        (("create", "bot", "--scope", "approvals:decide"), "Deciding needs --for EMAIL and --group GROUP"),
        (("create", "bot", "--scope", "events:write", "--for", "ada@x.example"), "nothing else takes them"),
        (("revoke", "t_nothing"), "There is no token 't_nothing'"),
    ],
)
def test_what_cannot_be_done_is_said(token: Command, arguments: tuple[str, ...], said: str) -> None:
    answer = token(*arguments)
    assert answer.code == 1
    assert said in answer.err
