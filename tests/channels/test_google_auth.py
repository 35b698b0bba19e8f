"""Access tokens: asked for once, kept, renewed in time, and renewed once when Google no longer takes them."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import ValidationError

from activities.channels.model import Provider, Refused, RetryLater
from sandbox.server import Sandbox
from tests.channels.messages import rendered

MakeProvider = Callable[..., Provider]


async def send(provider: Provider, delivery_id: str = "d_1") -> None:
    await provider.send(provider.prepare(rendered("push"), "token-of-ada", delivery_id), delivery_id)


@pytest.fixture
def account(sandbox: Sandbox) -> dict[str, str]:
    return json.loads(sandbox.service_account.read_text())


@pytest.fixture
def with_account(make_provider: MakeProvider, tmp_path: Path) -> Callable[[dict[str, str]], Provider]:
    """A provider whose service account's key file has this in it."""

    def make(account: dict[str, str]) -> Provider:
        file = tmp_path / "other.json"
        file.write_text(json.dumps(account))
        return make_provider("fcm", service_account=str(file))

    return make


async def test_sends_at_the_same_time_share_one_token(make_provider: MakeProvider, sandbox: Sandbox) -> None:
    provider = make_provider("fcm")

    await asyncio.gather(*(send(provider, f"d_{n}") for n in range(10)))

    assert (len(sandbox.mailbox.messages), sandbox.google.granted) == (10, 1)


@pytest.mark.parametrize(("life_seconds", "asked"), [(3600, 1), (301, 1), (300, 2)])
async def test_a_token_is_renewed_five_minutes_before_it_ends(
    life_seconds: int, asked: int, make_provider: MakeProvider, sandbox: Sandbox
) -> None:
    provider = make_provider("fcm")
    sandbox.google.life_seconds = life_seconds

    await send(provider)
    await send(provider)

    assert sandbox.google.granted == asked


async def test_a_token_that_google_takes_back_is_renewed_and_the_message_sent_once(
    make_provider: MakeProvider, sandbox: Sandbox
) -> None:
    provider = make_provider("fcm")
    await send(provider, "d_1")
    sandbox.google.revoke_all()

    await send(provider, "d_2")

    assert [m.delivery_id for m in sandbox.mailbox.messages] == ["d_1", "d_2"]
    assert sandbox.google.granted == 2


async def test_a_new_token_that_google_does_not_take_either_is_not_asked_for_again(
    make_provider: MakeProvider, sandbox: Sandbox
) -> None:
    provider = make_provider("fcm")
    sandbox.faults.add(recipient="token-of-ada", answer="UNAUTHENTICATED", times=None)

    with pytest.raises(Refused):
        await send(provider)

    assert sandbox.google.granted == 2


async def test_a_key_that_google_does_not_know_is_for_ops_to_fix(
    account: dict[str, str], with_account: Callable[[dict[str, str]], Provider]
) -> None:
    foreign = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

    with pytest.raises(Refused, match="invalid_grant") as refused:
        await send(with_account(account | {"private_key": foreign.decode()}))

    assert refused.value.remedy == "stop_channel"


async def test_a_token_endpoint_out_of_reach_is_tried_again(
    account: dict[str, str], with_account: Callable[[dict[str, str]], Provider]
) -> None:
    with pytest.raises(RetryLater, match=r"^fcm\.oauth_unreachable"):
        await send(with_account(account | {"token_uri": "http://127.0.0.1:1/token"}))


def test_a_missing_key_file_is_told(make_provider: MakeProvider, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="cannot read the service account's key"):
        make_provider("fcm", service_account=str(tmp_path / "nowhere.json"))


def test_a_key_file_without_a_usable_key_is_told(
    account: dict[str, str], with_account: Callable[[dict[str, str]], Provider]
) -> None:
    with pytest.raises(ValidationError, match="not an unencrypted private key"):
        with_account(account | {"private_key": "-----BEGIN PRIVATE KEY-----"})
