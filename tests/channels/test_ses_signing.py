"""Who signs for SES; and SES as moto plays it, which knows nothing of our own sandbox."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from activities.channels.model import Provider, Refused
from activities.channels.ses import Ses
from sandbox.server import Sandbox
from tests.channels.messages import rendered

MakeProvider = Callable[..., Provider]


@pytest.fixture
def amazon() -> Iterator[str]:
    """Where moto listens."""
    # It takes seconds to import, in each process that collects the tests.
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


async def test_a_mail_goes_through_moto_once_its_domain_is_verified(amazon: str) -> None:
    ses = Ses(
        region="eu-central-1",
        access_key_id="AKIAIOSFODNN7EXAMPLE",
        secret_access_key="secret",  # pyright: ignore[reportArgumentType] pydantic wraps it
        sender="Shop <hello@mail.northwind.example>",
        url=amazon,
    )
    mail = ses.prepare(rendered("email"), "ada@shoppers.example", "d_1")
    with pytest.raises(Refused, match="MessageRejected"):
        await ses.send(mail, "d_1")
    signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-central-1/ses/aws4_request, x"}
    async with httpx.AsyncClient(base_url=amazon, headers=signed) as client:
        await client.post("/v2/email/identities", json={"EmailIdentity": "mail.northwind.example"})

    message_id = await ses.send(mail, "d_1")
    await ses.close()

    async with httpx.AsyncClient(base_url=amazon) as client:
        kept = (await client.get("/moto-api/data.json")).json()["ses"]["RawMessage"]
    assert [message["id"] for message in kept] == [message_id]


async def test_without_keys_it_signs_with_those_of_the_machine(
    make_provider: MakeProvider, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", sandbox.ses.key.id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", sandbox.ses.key.secret)
    provider = make_provider("ses", access_key_id="", secret_access_key="")

    await provider.send(provider.prepare(rendered("email"), "ada@shoppers.example", "d_1"), "d_1")

    assert len(sandbox.mailbox.messages) == 1


async def test_a_machine_without_keys_is_for_ops_to_fix(
    make_provider: MakeProvider, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    provider = make_provider("ses", access_key_id="", secret_access_key="")

    with pytest.raises(Refused, match=r"^ses\.credentials") as refused:
        await provider.send(provider.prepare(rendered("email"), "ada@shoppers.example", "d_1"), "d_1")

    assert refused.value.remedy == "stop_channel"


def test_half_a_key_is_told_when_the_project_is_loaded() -> None:
    with pytest.raises(ValidationError, match="give both access_key_id and secret_access_key"):
        Ses(region="eu-central-1", access_key_id="AKIAIOSFODNN7EXAMPLE", sender="a@b.example")
