"""The sandbox's push service refuses what the browsers' push services refuse."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.server import Sandbox
from sandbox.web_push import _point, _to_base64url

Send = Callable[..., Awaitable[httpx.Response]]


def signature(sandbox: Sandbox, key: ec.EllipticCurvePrivateKey | None = None, **changed: Any) -> str:
    """The shop's Authorization header, with some claims changed or, when None, left out."""
    claims = {
        "aud": sandbox.http_url,
        "exp": datetime.now(UTC) + timedelta(hours=1),
        "sub": "mailto:ops@shop.example",
    } | changed
    token = jwt.encode(
        {k: v for k, v in claims.items() if v is not None}, key or sandbox.web_push.shop_key, "ES256"
    )
    return f"vapid t={token}, k={_to_base64url(_point(sandbox.web_push.shop_key))}"


@pytest.fixture
def send(sandbox: Sandbox, http: httpx.AsyncClient) -> Send:
    """Sends bytes that no browser can read, so that what is good but for that gets as far as the decryption."""
    endpoint = json.loads(sandbox.web_push.subscribe("ada"))["endpoint"]
    usual = {"TTL": "60", "Content-Encoding": "aes128gcm", "Authorization": signature(sandbox)}

    async def post(content: bytes = b"x" * 200, url: str = endpoint, **changed: str) -> httpx.Response:
        headers = usual | {name.replace("_", "-"): value for name, value in changed.items()}
        return await http.post(url, content=content, headers=headers)

    return post


async def test_a_browser_keeps_its_subscription(sandbox: Sandbox) -> None:
    assert sandbox.web_push.subscribe("ada") == sandbox.web_push.subscribe("ada")
    assert sandbox.web_push.subscribe("ada") != sandbox.web_push.subscribe("ben")


async def test_what_the_browser_cannot_decrypt_is_refused(send: Send, sandbox: Sandbox) -> None:
    answer = await send()

    assert (answer.status_code, answer.text) == (400, "the payload cannot be decrypted")
    assert sandbox.mailbox.messages == []


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 21, b"x" * 4096])
async def test_a_body_of_any_length_is_answered(content: bytes, send: Send) -> None:
    assert (await send(content)).status_code == 400


async def test_too_large_a_body_is_refused(send: Send) -> None:
    assert (await send(b"x" * 4097)).status_code == 413


@pytest.mark.parametrize(
    ("header", "value", "reason"),
    [
        ("TTL", "soon", "missing or invalid TTL"),
        ("TTL", "-1", "missing or invalid TTL"),
        ("Content_Encoding", "aesgcm", "unknown content encoding"),
        ("Topic", "x" * 33, "invalid topic"),
        ("Topic", "a b", "invalid topic"),
        ("Urgency", "now", "invalid urgency"),
    ],
)
async def test_a_wrong_header_is_refused(header: str, value: str, reason: str, send: Send) -> None:
    answer = await send(**{header: value})

    assert (answer.status_code, answer.text) == (400, reason)


async def test_without_a_signature_nobody_is_let_in(send: Send) -> None:
    assert (await send(Authorization="Bearer x")).status_code == 401


BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "another service": {"aud": "https://fcm.googleapis.com"},
    "no service": {"aud": None},
    "in the past": {"exp": datetime.now(UTC) - timedelta(minutes=1)},
    "for two days": {"exp": datetime.now(UTC) + timedelta(days=2)},
    "nobody to write to": {"sub": "ops"},
    "no contact": {"sub": None},
}


@pytest.mark.parametrize("claims", BAD_CLAIMS.values(), ids=BAD_CLAIMS)
async def test_a_wrong_signature_is_refused(claims: dict[str, Any], send: Send, sandbox: Sandbox) -> None:
    assert (await send(Authorization=signature(sandbox, **claims))).status_code == 403


async def test_a_signature_by_another_key_is_refused(send: Send, sandbox: Sandbox) -> None:
    forged = signature(sandbox, ec.generate_private_key(ec.SECP256R1()))

    assert (await send(Authorization=forged)).status_code == 403


async def test_a_subscription_that_is_gone_says_so(send: Send, sandbox: Sandbox) -> None:
    assert (await send(url=f"{sandbox.http_url}/web-push/nobody")).status_code == 410
