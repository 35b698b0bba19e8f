"""A running sandbox, and a plain HTTP client that knows nothing of Sojourn."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from sandbox.server import Sandbox
from tests.waiting import WITHIN


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncGenerator[Sandbox]:
    templates = {"hello": 0, "offer": "Hi {{1}}: *{{2}}* off", "longest": "x" * 1000 + "{{1}}"}
    async with Sandbox.start(state_dir=tmp_path, whatsapp_templates=templates) as running:
        yield running


@pytest.fixture
async def http(sandbox: Sandbox) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=sandbox.http_url, timeout=WITHIN) as client:
        yield client
