"""A running sandbox, and providers that send to it with the settings of `sojourn.yaml` in this folder."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlmodel import col, select

from activities.channels.model import Provider
from activities.channels.registry import known_providers
from project.model import load_project
from sandbox.server import Sandbox
from settings import Settings
from store.database import Database
from store.tables import Customer, SurfaceMessage
from tests.channels.messages import RECIPIENTS, TEMPLATES

MakeProvider = Callable[..., Provider]
HERE = Path(__file__).parent
PROVIDERS = sorted(known_providers())
"""Every provider there is, for each channel it serves."""
REMOTE = sorted({name for (_, name), kind in known_providers().items() if "timeout_seconds" in kind.model_fields})
"""Every provider that sends to a vendor, over a network that has accidents."""


class Arrived(NamedTuple):
    """A message where its recipient finds it."""

    channel: str
    recipient: str
    delivery_id: str
    provider_id: str


@pytest.fixture
async def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Sandbox]:
    """The vendors, and the environment that leads to them."""
    async with Sandbox.start(state_dir=tmp_path, whatsapp_templates=TEMPLATES) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setitem(RECIPIENTS, "web_push", running.web_push.subscribe("ada"))
        yield running


@pytest.fixture
async def store(sqlite_database: Database) -> Database:
    """A store that knows the customer."""
    async with sqlite_database.transaction() as session:
        session.add(Customer(id=RECIPIENTS["customer"], traits={}, created_at=datetime.now(UTC)))
    return sqlite_database


@pytest.fixture
async def make_provider(sandbox: Sandbox, store: Database) -> AsyncGenerator[MakeProvider]:
    """Makes a provider by name, and by channel where it serves several; keyword arguments replace its settings."""
    channels = load_project(Settings(project_dir=HERE)).channels
    made: list[Provider] = []

    def make(name: str, channel: str = "", **changed: Any) -> Provider:
        [kind] = [k for (serves, n), k in known_providers().items() if n == name and channel in ("", serves)]
        written = next(section for section in channels.values() if section["provider"] == name)
        settings = {key: value for key, value in written.items() if key != "provider"}
        made.append(kind.model_validate(settings | changed).bind(store))
        return made[-1]

    yield make
    for provider in made:
        await provider.close()


@pytest.fixture(params=PROVIDERS, ids=".".join)
def provider(request: pytest.FixtureRequest, make_provider: MakeProvider) -> Provider:
    """Every provider there is, for each channel it serves, sending to the sandbox or into the store."""
    channel, name = request.param
    return make_provider(name, channel)


@pytest.fixture(params=REMOTE)
def name(request: pytest.FixtureRequest) -> str:
    """Every provider that sends to a vendor, over a network that has accidents, by name."""
    return request.param


@pytest.fixture
def remote(name: str, make_provider: MakeProvider) -> Provider:
    """Every provider that sends to a vendor, sending to the sandbox."""
    return make_provider(name)


@pytest.fixture
def arrived(sandbox: Sandbox, store: Database) -> Callable[[], Awaitable[list[Arrived]]]:
    """What has arrived, at the vendors and in our own store, in order."""

    async def read() -> list[Arrived]:
        received = [Arrived(m.channel, m.recipient, m.delivery_id, m.vendor_id) for m in sandbox.mailbox.messages]
        async with store.reading() as session:
            placed = await session.exec(select(SurfaceMessage).order_by(col(SurfaceMessage.placed_at)))
            return received + [Arrived(m.surface, m.customer_id, m.id, m.id) for m in placed.all()]

    return read
