"""The local stack: all parts started in order, healthy before anyone is told, stopped in reverse."""

import asyncio
import secrets
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import httpx
from pydantic import BaseModel, ConfigDict
from temporalio.client import Client

import yamlfile
from keys.customers import open_keys
from sandbox.server import Sandbox
from settings import Settings
from starter.local.environment import vendor_variables
from starter.local.ports import Ports, listen
from starter.local.programs import LocalPartFailed
from starter.local.temporal_server import TemporalServer, temporal_server
from starter.services import Services
from starter.serving import serving
from starter.webhooks.registry import path_of
from worker import running_worker

_HEALTHY_WITHIN = 30.0
_LOOK_AGAIN = 0.1


class _AtTheVendors(BaseModel):
    """`sandbox.yaml` of a project: what stands at its vendors, for the sandbox to know it too."""

    model_config = ConfigDict(extra="forbid")

    whatsapp_templates: dict[str, str] = {}
    """The text of each approved template by its name, with `{{1}}`, `{{2}}` where its parameters go."""
    paid: dict[str, float] = {}
    """What was paid for each order, at the payment service of the tool `refund`."""


@dataclass(frozen=True)
class LocalStack:
    """All parts, running and healthy."""

    settings: Settings
    services: Services
    sandbox: Sandbox
    server: TemporalServer
    real_vendors: list[str]
    """The vendors for which credentials are set, so that messages really leave over them."""

    @property
    def temporal(self) -> Client:
        return self.server.client

    @property
    def mailbox_url(self) -> str:
        return f"{self.sandbox.http_url}/mailbox"

    @classmethod
    @asynccontextmanager
    async def start(
        cls, settings: Settings, ports: Ports, *, persistent: bool, keep_real_vendors: bool
    ) -> "AsyncGenerator[LocalStack]":
        """Start everything for the project in `settings`, and stop it when the block ends.

        `persistent` keeps the runs of Temporal in `state_dir`. Raises PortTaken, LocalPartFailed, and
        yamlfile.FileProblems when the project has problems.
        """
        settings = local_settings(settings, ports)
        with _listening(settings.host, ports.api) as listener:
            async with (
                vendors_sandbox(settings, ports.mailbox) as sandbox,
                open_keys(settings) as keys,
                temporal_server(settings, keys, ports.temporal_ui, persistent=persistent) as server,
            ):
                with vendor_variables(sandbox.environment(), keep_real=keep_real_vendors) as real:
                    async with (
                        serving(settings, server.client, listener) as services,
                        running_worker(server.client, settings),
                    ):
                        _register_webhooks(settings, services, sandbox)
                        await _wait_until_healthy(settings, sandbox)
                        yield cls(settings, services, sandbox, server, real)


def local_settings(settings: Settings, ports: Ports) -> Settings:
    """The settings with every address on this machine, at `ports`."""
    local = {
        "state_dir": settings.state_dir.absolute(),
        "temporal_address": f"127.0.0.1:{ports.temporal}",
        "temporal_ui_url": f"http://127.0.0.1:{ports.temporal_ui}",
        "port": ports.api,
        "codec_token": secrets.token_urlsafe(32),
    }
    if "public_url" not in settings.model_fields_set:
        local["public_url"] = f"http://127.0.0.1:{ports.api}"
    return settings.model_copy(update=local)


@contextmanager
def _listening(host: str, port: int) -> Generator[socket.socket]:
    listener = listen(host, port)
    try:
        yield listener
    finally:
        listener.close()


@asynccontextmanager
async def vendors_sandbox(settings: Settings, port: int) -> AsyncGenerator[Sandbox]:
    """The sandbox, with what the project's `sandbox.yaml` says its vendors know. Raises PortTaken."""
    file = settings.project_dir / "sandbox.yaml"
    known = yamlfile.read_as(_AtTheVendors, file) if file.is_file() else _AtTheVendors()
    folder = settings.state_dir / "sandbox"
    folder.mkdir(parents=True, exist_ok=True)
    templates = dict(known.whatsapp_templates)
    async with Sandbox.start(
        state_dir=folder, http_port=port, whatsapp_templates=templates, paid=known.paid
    ) as sandbox:
        yield sandbox


def _register_webhooks(settings: Settings, services: Services, sandbox: Sandbox) -> None:
    """Tell the sandbox's vendors what they call, as one does in their consoles. They call this machine alone, and
    sign the public address."""
    if settings.public_url == f"http://127.0.0.1:{settings.port}":
        paths = {vendor: path_of(vendor, services.secret) for vendor in sandbox.callers}
        sandbox.reactions.addresses.update({v: settings.public_url + path for v, path in paths.items()})


async def _wait_until_healthy(settings: Settings, sandbox: Sandbox) -> None:
    """Wait until every part answers over HTTP. Raises LocalPartFailed for the one that does not."""
    pages = {
        "The API": f"http://127.0.0.1:{settings.port}/readyz",
        "The Temporal UI": settings.temporal_ui_url,
        "The mailbox": f"{sandbox.http_url}/mailbox",
    }
    async with httpx.AsyncClient(timeout=_HEALTHY_WITHIN, trust_env=False) as client:
        for part, url in pages.items():
            try:
                async with asyncio.timeout(_HEALTHY_WITHIN):
                    while not await _answers(client, url):  # noqa: ASYNC110 another process tells no event
                        await asyncio.sleep(_LOOK_AGAIN)
            except TimeoutError:
                raise LocalPartFailed(
                    f"{part} does not answer at {url} after {_HEALTHY_WITHIN:.0f} seconds. Is the machine very "
                    "busy, or does a firewall stop connections to 127.0.0.1? Try again."
                ) from None


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).is_success
    except httpx.TransportError:
        return False
