"""A running sandbox, and providers that send to it with the settings of the retail example."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest

from activities.channels.model import Provider
from activities.channels.registry import known_providers
from sandbox.server import Sandbox
from settings import Settings, load_project
from tests.channels.messages import TEMPLATES
from tests.conftest import RETAIL

MakeProvider = Callable[..., Provider]


@pytest.fixture
async def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Sandbox]:
    """The vendors, and the environment that leads to them."""
    async with Sandbox.start(state_dir=tmp_path, whatsapp_templates=TEMPLATES) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
async def make_provider(sandbox: Sandbox) -> AsyncGenerator[MakeProvider]:
    """Makes a provider by name; keyword arguments replace its settings."""
    channels = load_project(Settings(project_dir=RETAIL)).channels.values()
    settings = {c["provider"]: {k: v for k, v in c.items() if k != "provider"} for c in channels}
    made: list[Provider] = []

    def make(name: str, **changed: Any) -> Provider:
        made.append(known_providers()[name].model_validate(settings[name] | changed))
        return made[-1]

    yield make
    for provider in made:
        await provider.close()


@pytest.fixture(params=sorted(known_providers()))
def name(request: pytest.FixtureRequest) -> str:
    """Every provider there is, by name."""
    return request.param


@pytest.fixture
def provider(name: str, make_provider: MakeProvider) -> Provider:
    """Every provider there is, sending to the sandbox."""
    return make_provider(name)
