"""The sandbox's Google refuses what Google refuses: assertions, tokens, requests its schema does not have."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest

from sandbox.server import Sandbox

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
SEND = "/v1/projects/sandbox-project/messages:send"


@pytest.fixture
def ask(sandbox: Sandbox, http: httpx.AsyncClient) -> Callable[..., Any]:
    """Asks for an access token with some claims changed."""
    account = json.loads(sandbox.service_account.read_text())

    async def token(grant: str = GRANT, algorithm: str = "RS256", **changed: Any) -> httpx.Response:
        now = int(time.time())
        right = {"iss": account["client_email"], "scope": SCOPE, "aud": account["token_uri"], "iat": now}
        claims = {k: v for k, v in (right | {"exp": now + 3600} | changed).items() if v is not None}
        key = account["private_key"] if algorithm == "RS256" else "x" * 64
        assertion = jwt.encode(claims, key, algorithm=algorithm)
        return await http.post("/google/token", data={"grant_type": grant, "assertion": assertion})

    return token


@pytest.fixture
async def send(ask: Callable[..., Any], http: httpx.AsyncClient) -> Callable[..., Any]:
    """Sends a request to FCM with a good token."""
    token = (await ask()).json()["access_token"]

    async def post(body: Any, project: str = "sandbox-project", token: str = token) -> httpx.Response:
        url, headers = f"/v1/projects/{project}/messages:send", {"Authorization": f"Bearer {token}"}
        return await http.post(url, json=body, headers=headers)

    return post


async def test_a_right_assertion_gets_a_token(ask: Callable[..., Any]) -> None:
    answer = await ask()

    assert answer.json().keys() == {"access_token", "expires_in", "token_type"}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"iss": "someone@else.example"}, "invalid_grant"),
        ({"aud": "https://oauth2.googleapis.com/token"}, "invalid_grant"),
        ({"exp": None}, "invalid_grant"),
        ({"exp": int(time.time()) - 1}, "invalid_grant"),
        ({"exp": int(time.time()) + 7200}, "invalid_grant"),
        ({"algorithm": "HS256"}, "invalid_grant"),
        ({"scope": "https://www.googleapis.com/auth/drive"}, "invalid_scope"),
        ({"grant": "password"}, "unsupported_grant_type"),
    ],
)
async def test_a_wrong_assertion_gets_none(changed: dict[str, Any], error: str, ask: Callable[..., Any]) -> None:
    answer = await ask(**changed)

    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_a_good_message_is_kept(send: Callable[..., Any], sandbox: Sandbox) -> None:
    answer = await send(
        {"message": {"token": "t", "notification": {"title": "Hi"}, "data": {"delivery_id": "d_1"}}}
    )

    [kept] = sandbox.mailbox.messages
    assert answer.json() == {"name": kept.vendor_id}
    assert (kept.recipient, kept.title, kept.delivery_id) == ("t", "Hi", "d_1")


async def test_a_message_that_is_only_checked_is_not_kept(send: Callable[..., Any], sandbox: Sandbox) -> None:
    answer = await send({"message": {"token": "t"}, "validateOnly": True})

    assert answer.status_code == 200
    assert sandbox.mailbox.messages == []


BAD_MESSAGES: dict[str, dict[str, Any]] = {
    "no target": {"notification": {"title": "Hi"}},
    "two targets": {"token": "t", "topic": "news"},
    "an unknown field": {"token": "t", "title": "Hi"},
    "an unknown field deep inside": {"token": "t", "android": {"notification": {"tagg": "x"}}},
    "a number in data": {"token": "t", "data": {"n": 1}},
    "a reserved key in data": {"token": "t", "data": {"google.x": "1"}},
    "an unknown priority": {"token": "t", "android": {"priority": "URGENT"}},
    "a ttl without its unit": {"token": "t", "android": {"ttl": "3600"}},
    "two Android versions": {"token": "t", "android": {}, "androidV2": {}},
    "too many bytes": {"token": "t", "data": {"x": "x" * 4096}},
    "too long a collapse id": {"token": "t", "apns": {"headers": {"apns-collapse-id": "x" * 65}}},
}


@pytest.mark.parametrize("fault", BAD_MESSAGES)
async def test_a_bad_message_is_a_violation(fault: str, send: Callable[..., Any], sandbox: Sandbox) -> None:
    answer = await send({"message": BAD_MESSAGES[fault]})

    error = answer.json()["error"]
    assert (answer.status_code, error["status"]) == (400, "INVALID_ARGUMENT")
    assert error["details"][0]["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    assert sandbox.mailbox.messages == []


async def test_a_malformed_token_is_fcm_s_own_error(send: Callable[..., Any]) -> None:
    error = (await send({"message": {"token": "not a token"}})).json()["error"]

    assert error["details"] == [
        {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "INVALID_ARGUMENT"}
    ]


async def test_what_is_not_json_is_a_violation(
    send: Callable[..., Any], http: httpx.AsyncClient, ask: Any
) -> None:
    token = (await ask()).json()["access_token"]

    answer = await http.post(SEND, content=b"{", headers={"Authorization": f"Bearer {token}"})

    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"


async def test_an_invented_token_is_refused(send: Callable[..., Any]) -> None:
    answer = await send({"message": {"token": "t"}}, token="invented")

    assert (answer.status_code, answer.json()["error"]["status"]) == (401, "UNAUTHENTICATED")


async def test_another_project_is_not_found(send: Callable[..., Any]) -> None:
    assert (await send({"message": {"token": "t"}}, project="other")).status_code == 404


async def test_a_fault_may_be_told_by_http_status_and_ends_after_its_times(
    send: Callable[..., Any], sandbox: Sandbox
) -> None:
    sandbox.faults.add(recipient="t", answer=429, times=2, retry_after=7)

    answers = [await send({"message": {"token": "t"}}) for _ in range(3)]

    assert [a.status_code for a in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "7"
