"""A shop that vendors call: the sandbox signs, the shop's doors prove."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML
from sqlmodel import SQLModel, select
from starlette.applications import Starlette
from starlette.routing import Route

from sandbox.callbacks.model import About, Caller, Signed
from sandbox.callbacks.postmark import PostmarkCaller
from sandbox.callbacks.sendgrid import SendGridCaller
from sandbox.callbacks.ses import SesCaller
from sandbox.callbacks.twilio import TwilioCaller
from sandbox.callbacks.whatsapp import WhatsAppCaller
from sandbox.http_server import serving
from settings import Settings
from starter.app import create_app
from starter.services import Services
from starter.webhooks.model import Call, Vendor
from starter.webhooks.reception import Reception
from starter.webhooks.registry import load_vendors, path_of
from store.database import Database
from store.tables import Address, Delivery
from tests import seeding

PUBLIC = "https://journeys.northwind.example"
PHONE = "+4915112345642"
MAIL = "lena.koch@example.com"


def about(delivery_id: str = "", vendor_id: str = "", recipient: str = PHONE, **ago: float) -> About:
    return About(delivery_id, vendor_id, recipient, datetime.now(UTC) - timedelta(**ago))


@pytest.fixture
async def callers() -> AsyncGenerator[dict[str, Caller]]:
    """Every vendor of the sandbox that calls back, and the certificate that Amazon's needs."""
    app = Starlette()
    async with serving(app, 0) as port:
        amazon = SesCaller(f"http://127.0.0.1:{port}")
        app.router.routes.extend(
            [
                Route("/sns/SimpleNotificationService.pem", amazon.certificate),
                Route("/sns/confirm", amazon.confirm),
            ]
        )
        twilio = TwilioCaller("AC5ef8732a3c49700934481addd5ce1659", "0123456789abcdef", "+15005550006")
        every = (SendGridCaller(), PostmarkCaller(), amazon, twilio, WhatsAppCaller("106540352242922"))
        yield {caller.vendor: caller for caller in every}


@pytest.fixture
def project(callers: dict[str, Caller], tmp_path: Path) -> dict[str, dict[str, Any]]:
    """The section `webhooks` of a `sojourn.yaml` that knows them all, written in `tmp_path`."""
    webhooks = {name: caller.settings() for name, caller in callers.items()}
    with (tmp_path / "sojourn.yaml").open("w") as file:
        YAML().dump({"webhooks": webhooks}, file)
    return webhooks


@pytest.fixture
def vendors(project: dict[str, dict[str, Any]], tmp_path: Path) -> dict[str, Vendor]:
    return load_vendors(project, tmp_path / "sojourn.yaml")


def as_call(signed: Signed, url: str) -> Call:
    """A signed request as the doors hand it to its vendor."""
    headers = {name.lower(): value for name, value in signed.headers.items()}
    return Call(url=url, headers=headers, body=signed.body, received_at=datetime.now(UTC))


@dataclass
class CalledShop:
    """The shop's application, and the vendors that call it."""

    services: Services
    client: httpx.AsyncClient
    callers: dict[str, Caller]
    reception: Reception

    async def told(self, vendor: str, what: str, message: About) -> httpx.Response:
        path = f"{path_of(vendor, seeding.SECRET)}?delivery_id={message.delivery_id}"
        return await self.posts(path, self.callers[vendor].call(PUBLIC + path, what, message))

    async def posts(self, path: str, signed: Signed) -> httpx.Response:
        return await self.client.post(path, headers=signed.headers, content=signed.body)

    async def all(self, table: type[SQLModel]) -> list[Any]:
        async with self.services.database.reading() as session:
            return list((await session.exec(select(table))).all())

    async def one(self, table: type[SQLModel]) -> Any:
        (row,) = await self.all(table)
        return row


@asynccontextmanager
async def called_shop(
    database: Database, callers: dict[str, Caller], project: dict[str, dict[str, Any]], folder: Path
) -> AsyncGenerator[CalledShop]:
    """A shop whose customer Lena has a phone and a mail address. Its Temporal is down."""
    plain = await seeding.services(database)
    services = replace(
        plain,
        settings=Settings(project_dir=folder, public_url=PUBLIC),
        project=plain.project.model_copy(update={"webhooks": project}),
    )
    now = datetime.now(UTC)
    await seeding.put(
        database,
        seeding.customer("c_lena"),
        Address(customer_id="c_lena", kind="phone", value=PHONE, updated_at=now),
        Address(customer_id="c_lena", kind="email", value=MAIL, updated_at=now),
    )
    app = create_app(services, dispatch=False)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        yield CalledShop(services, client, callers, app.state.webhooks.reception)


@pytest.fixture
async def shop(
    database: Database, callers: dict[str, Caller], project: dict[str, dict[str, Any]], tmp_path: Path
) -> AsyncGenerator[CalledShop]:
    """The shop, on SQLite and on PostgreSQL."""
    async with called_shop(database, callers, project, tmp_path) as running:
        yield running


@pytest.fixture
async def small_shop(
    sqlite_database: Database, callers: dict[str, Caller], project: dict[str, dict[str, Any]], tmp_path: Path
) -> AsyncGenerator[CalledShop]:
    """The shop on SQLite, where the kind of database does not matter."""
    async with called_shop(sqlite_database, callers, project, tmp_path) as running:
        yield running


def delivery(delivery_id: str, channel: str = "whatsapp", **changes: Any) -> Delivery:
    """A message to Lena that was sent just now."""
    now = datetime.now(UTC)
    row: dict[str, Any] = {
        "id": delivery_id,
        "workflow_id": "hello:c_lena:-",
        "first_run_id": "first",
        "journey": "hello",
        "step_id": "note",
        "pass_": 0,
        "customer_id": "c_lena",
        "channel": channel,
        "provider": "vendor",
        "purpose": "marketing",
        "content": "note",
        "state": "sent",
        "provider_id": f"vendor-{delivery_id}",
        "findings": [],
        "reserved_at": now - timedelta(minutes=5),
        "sent_at": now - timedelta(minutes=5),
    }
    return Delivery(**(row | changes))
