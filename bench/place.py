"""Where the ways are measured: one dev server and one vendor for all, and a worker process for each."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic_core import from_json
from temporalio.client import Client

from bench.crew import Crew
from bench.processes import Child, Usage
from bench.ways import Bare, Sojourn
from keys.customers import CustomerKeys, open_keys
from settings import Settings
from starter.local.environment import vendor_variables
from starter.local.ports import free_ports
from starter.local.temporal_server import temporal_server

WAYS = ("bare", "sends", "sojourn")
"""By hand, by hand with real sends, and a journey of Sojourn."""

_PROJECT = Path(__file__).parent / "project"


@dataclass(frozen=True)
class Place:
    """A dev server and a vendor, running. While it is open, the environment names the vendor."""

    settings: Settings
    keys: CustomerKeys
    client: Client
    """It encrypts nothing: what is written by hand does not."""
    server: Usage
    vendor: Usage

    @classmethod
    @asynccontextmanager
    async def open(cls, database_url: str = "") -> "AsyncGenerator[Place]":
        """Start both on free ports; the store is SQLite unless another is named.

        Raises starter.local.programs.LocalPartFailed.
        """
        port, ui_port = free_ports(2)
        async with AsyncExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            settings = Settings(
                project_dir=_PROJECT,
                state_dir=folder,
                temporal_address=f"127.0.0.1:{port}",
                database_url=database_url,
            )
            vendor = await stack.enter_async_context(Child.start("bench.vendor_process", environment={}))
            stack.enter_context(vendor_variables(from_json(await vendor.line()), keep_real=False))
            keys = await stack.enter_async_context(open_keys(settings))
            server = await stack.enter_async_context(temporal_server(settings, keys, ui_port, persistent=False))
            yield cls(
                settings,
                keys,
                await Client.connect(settings.temporal_address),
                Usage(server.process.pid),
                vendor.usage,
            )

    @asynccontextmanager
    async def crews(self, ways: Sequence[str]) -> AsyncGenerator[dict[str, Crew]]:
        """The ways, each with a new worker."""
        async with AsyncExitStack() as stack:
            crews: dict[str, Crew] = {}
            for name in ways:
                settings = self.settings.model_copy(update={"task_queue": name})
                child = await stack.enter_async_context(
                    Child.start("bench.worker_process", name, environment=_environment(settings))
                )
                way = (
                    await stack.enter_async_context(Sojourn.open(settings, self.keys))
                    if name == "sojourn"
                    else None
                )
                crew = Crew.start(way or Bare(self.client, settings), child)
                crews[name] = await stack.enter_async_context(crew)
            yield crews


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "SOJOURN_PROJECT_DIR": str(settings.project_dir),
        "SOJOURN_STATE_DIR": str(settings.state_dir),
        "SOJOURN_DATABASE_URL": settings.database_url,
        "SOJOURN_TEMPORAL_ADDRESS": settings.temporal_address,
        "SOJOURN_TASK_QUEUE": settings.task_queue,
    }
