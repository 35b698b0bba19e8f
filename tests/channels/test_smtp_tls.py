"""Mail over an encrypted connection, to a server whose certificate is checked."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from activities.channels.model import Provider, RetryLater
from activities.channels.smtp import Smtp
from tests.channels.messages import rendered


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 that signs itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "local")]), datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(
            name, name, key.public_key(), 1, now - timedelta(hours=1), now + timedelta(hours=1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file = tmp_path / "certificate.pem"
    file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + signed.public_bytes(pem))
    return file


class Received:
    """Keeps mails, and takes none over a connection in the clear."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(envelope.content)
        return "250 OK"


@pytest.fixture
async def received() -> Received:
    return Received()


@pytest.fixture(params=["starttls", "tls"])
async def provider(
    request: pytest.FixtureRequest, certificate: Path, received: Received
) -> AsyncGenerator[Provider]:
    """Sends to a server that speaks TLS only, from the start or after STARTTLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def connection() -> SMTP:
        later = request.param == "starttls"
        return SMTP(received, hostname="local", tls_context=context if later else None, require_starttls=later)

    at_once = None if request.param == "starttls" else context
    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0, ssl=at_once)
    async with server:
        port = server.sockets[0].getsockname()[1]
        sender = Smtp(host="127.0.0.1", port=port, tls=request.param, sender="Shop <hello@shop.example>")
        yield sender
        await sender.close()


@pytest.fixture
def send(provider: Provider) -> Callable[[], Any]:
    message = provider.prepare(rendered("email"), "ada@shoppers.example", "d_1")
    return lambda: provider.send(message, "d_1")


async def test_a_mail_leaves_encrypted_to_a_server_that_is_trusted(
    send: Callable[[], Any], received: Received, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    await send()

    assert b"X-Sojourn-Delivery: d_1" in received.mails[0]


async def test_no_mail_leaves_to_a_server_that_is_not_trusted(send: Callable[[], Any], received: Received) -> None:
    with pytest.raises(RetryLater, match="CERTIFICATE_VERIFY_FAILED"):
        await send()

    assert received.mails == []
