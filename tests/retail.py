"""The retail example, really running: the worker, the API on a port, and vendors that are played next door."""

import shutil
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
from sqlmodel import select
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper

import yamlfile
from keys.codec import data_converter
from keys.customers import CustomerKeys, MasterKeys
from sandbox.mailbox import Channel, Message
from sandbox.server import Sandbox
from settings import Settings
from starter.demo.zones import zone_where_it_is
from starter.local.environment import vendor_variables
from starter.local.ports import listen
from starter.services import Services
from starter.serving import serving
from store.database import Database
from store.history import deliveries_of_run, list_runs, spans_of_trace
from store.identity import owners_of
from store.outbox import waits_for_delivery
from store.tables import Approval, Delivery, Run, Span
from tests.conftest import RETAIL
from tests.waiting import WITHIN, eventually, until
from worker import load_parts, make_worker
from workflows.journey import CustomerJourney
from workflows.state import Progress, RunResult

SECRET = "the secret of this installation, long enough"
WRITE_KEY = "demo-write-key"
ADA = "demo-token-ada"
OMAR = "demo-token-omar"
MARIA = "demo-token-maria"
TENT: dict[str, Any] = {
    "product_id": "lumen-2",
    "name": "Lumen 2 tent",
    "price": 329.0,
    "currency": "EUR",
    "url": "https://northwind.example/p/lumen-2",
}

Handle = WorkflowHandle[CustomerJourney, RunResult]


@asynccontextmanager
async def retail_sandbox(state_dir: Path, *, slow_seconds: float = 60) -> AsyncGenerator[Sandbox]:
    """The vendors as the retail example knows them, and the environment that leads to them."""
    approved = cast(dict[str, Any], yamlfile.read(RETAIL / "sandbox.yaml").root)
    async with Sandbox.start(
        state_dir=state_dir, whatsapp_templates=approved["whatsapp_templates"], slow_seconds=slow_seconds
    ) as sandbox:
        with vendor_variables(sandbox.environment(), keep_real=False):
            yield sandbox


@dataclass
class RetailShop:
    """The running shop, seen from outside: what goes in over HTTP and what arrives at the vendors."""

    services: Services
    sandbox: Sandbox
    api: httpx.AsyncClient
    clocks: TimeSkipper

    def received(self, channel: Channel) -> list[Message]:
        return [message for message in self.sandbox.mailbox.messages if message.channel == channel]

    async def receives(self, channel: Channel) -> Message:
        """The first message that arrives over a channel."""

        async def came() -> bool:
            return bool(self.received(channel))

        await eventually(came)
        return self.received(channel)[0]

    async def decides(
        self, approval_id: str, decision: str, token: str, reason: str = "", **more: Any
    ) -> httpx.Response:
        """Decide about what is asked now; `more` is what such a decision says beside, such as the edits of one."""
        headers = {"Authorization": f"Bearer {token}"}
        seen = (await self.api.get(f"/v1/approvals/{approval_id}", headers=headers)).json()["content_hash"]
        body = {"decision": decision, "seen": seen, "reason": reason, **more}
        return await self.api.post(f"/v1/approvals/{approval_id}/decision", json=body, headers=headers)

    async def open_approvals(self) -> list[dict[str, Any]]:
        answer = await self.api.get("/v1/approvals", headers={"Authorization": f"Bearer {ADA}"})
        return cast(list[dict[str, Any]], answer.json()["approvals"])

    async def spans(self, handle: Handle) -> Sequence[Span]:
        async with self.services.database.reading() as session:
            query = select(Span.trace_id).where(Span.workflow_id == handle.id).limit(1)
            return await spans_of_trace(session, (await session.exec(query)).one())

    async def deliveries(self, run: Run) -> Sequence[Delivery]:
        async with self.services.database.reading() as session:
            return await deliveries_of_run(session, run.workflow_id, run.first_run_id)

    async def approvals(self) -> Sequence[Approval]:
        async with self.services.database.reading() as session:
            return (await session.exec(select(Approval))).all()

    async def progress(self, handle: Handle) -> Progress:
        return await handle.query(CustomerJourney.progress)

    async def waits(self, handle: Handle, at: str) -> Progress:
        """The run waits at a step, or asks there."""
        return await until(handle, lambda run: run.at == at and run.doing in ("waiting", "asking"))

    async def skip_wait(self, handle: Handle, at: str) -> datetime:
        """Move the run's clock to the end of its wait at a step; gives the time it was waiting for."""
        until = (await self.waits(handle, at)).waiting_until
        assert until is not None
        now = await self.clocks.get_current_time(handle)
        await self.clocks.fast_forward(handle, until - now + timedelta(milliseconds=1))
        return until


@dataclass
class Shopper:
    """Someone who lives where it is the hour a test wants, so that no night falls into it by chance."""

    shop: RetailShop
    user_id: str = "lena"
    hour: int = 12
    """What their clocks show when they arrive."""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def email(self) -> str:
        return f"{self.user_id}@shoppers.example"

    @property
    def push_token(self) -> str:
        return f"token-of-{self.user_id}-app"

    @property
    def zone(self) -> str:
        return zone_where_it_is(self.hour, self.at)

    async def arrives(self) -> None:
        """They are known to the shop, can be reached, and said that it may write to them."""
        traits = {
            "first_name": self.user_id.capitalize(),
            "email": self.email,
            "phone": "+4915112345642",
            "timezone": self.zone,
            "locale": "en_GB",
            "consents": {"email": True, "push": True, "whatsapp": True},
        }
        context = {"device": {"token": self.push_token, "type": "android"}}
        await self._post("identify", {"traits": traits, "context": context})

    async def does(self, event: str, at: datetime | None = None, **properties: Any) -> None:
        """Something happens, and every run it concerns has heard of it when this returns."""
        body = {"event": event, "properties": properties, "timestamp": (at or self.at).isoformat()}
        await self._post("track", body)

        async def delivered() -> bool:
            async with self.shop.services.database.reading() as session:
                return not await waits_for_delivery(session, await self.customer_id())

        await eventually(delivered)

    async def views(self, product: dict[str, Any] = TENT, at: datetime | None = None) -> None:
        await self.does("Product Viewed", at, **product)

    async def buys(self, product: dict[str, Any] = TENT) -> None:
        await self.does("Order Completed", products=[{"product_id": product["product_id"]}])

    async def customer_id(self) -> str:
        async with self.shop.services.database.reading() as session:
            return (await owners_of(session, [("user", self.user_id)]))["user", self.user_id]

    async def runs(self) -> list[Run]:
        """Every run of theirs, the latest first."""
        async with self.shop.services.database.reading() as session:
            return list((await list_runs(session, customer_id=await self.customer_id())).rows)

    async def run(self) -> Handle:
        """Their latest run, as Temporal has it."""
        latest = (await self.runs())[0]
        return self.shop.services.temporal.get_workflow_handle_for(
            CustomerJourney.run, latest.workflow_id, first_execution_run_id=latest.first_run_id
        )

    async def is_asked_about(self) -> Handle:
        """They look at a product; the times pass until their run asks a person about its offer."""
        await self.views()
        run = await self.run()
        for step in ("wait_1", "wait_3", "wait_5"):
            await self.shop.skip_wait(run, step)
        await self.shop.waits(run, "offer")
        return run

    async def _post(self, call: str, body: dict[str, Any]) -> None:
        body = {"userId": self.user_id, **body}
        answer = await self.shop.api.post(f"/v1/{call}", json=body, auth=(WRITE_KEY, ""))
        assert (answer.status_code, answer.json()) == (200, {"success": True})


def retail_with(folder: Path, journeys: Mapping[str, str]) -> Path:
    """A copy of the retail project in `folder`, with other journeys: their YAML by name."""
    project = Path(shutil.copytree(RETAIL, folder / "project", ignore=shutil.ignore_patterns("journeys")))
    (project / "journeys").mkdir()
    for name, text in journeys.items():
        (project / "journeys" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return project


@asynccontextmanager
async def retail_shop(
    database: Database, temporal: Client, folder: Path, project: Path = RETAIL
) -> AsyncGenerator[RetailShop]:
    """Run the shop for as long as the block lasts. `folder` is for its state."""
    settings = Settings(
        project_dir=project,
        state_dir=folder,
        database_url=database.url,
        task_queue=f"retail-{folder.name}",
        secret=SECRET,
    )
    with listen("127.0.0.1", 0) as listener:
        async with retail_sandbox(folder) as sandbox, serving(settings, temporal, listener) as services:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            async with (
                httpx.AsyncClient(base_url=url, timeout=WITHIN) as api,
                working(temporal, settings, database),
            ):
                yield RetailShop(services, sandbox, api, TimeSkipper(temporal))


async def encrypted(temporal: Client, database: Database) -> Client:
    """A client of the same server that encrypts, with keys in the database, as every process does."""
    keys = CustomerKeys(database, MasterKeys([SECRET]))
    address = temporal.service_client.config.target_host
    return await Client.connect(address, data_converter=data_converter(keys))


@asynccontextmanager
async def working(temporal: Client, settings: Settings, database: Database) -> AsyncGenerator[None]:
    """A worker, for as long as the block lasts."""
    parts = load_parts(settings)
    try:
        async with make_worker(temporal, settings, database, parts):
            yield
    finally:
        await parts.close()
