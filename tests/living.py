"""A small shop that really runs: Temporal, a worker, a mail server and a journey that asks before it sends."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from temporalio.client import Client, WorkflowHandle

from activities.refused_updates import RefusedUpdates
from journeys.events import Event
from journeys.loader import load_journeys
from project.model import load_project
from sandbox.faults import Faults
from sandbox.mailbox import Mailbox
from sandbox.smtp import MailServer
from settings import Settings
from starter.services import Services
from store.database import Database
from store.tables import Address, ConsentRecord, Customer, EventRecord, Run
from tests.approving import approve_content
from worker import load_parts, make_worker
from workflows.journey import CustomerJourney
from workflows.search_attributes import at_start
from workflows.state import RunInput, RunResult

SECRET = "the secret of this installation, long enough"
Handle = WorkflowHandle[CustomerJourney, RunResult]

_FILES = {
    "sojourn.yaml": """
brand: {name: Northwind Outdoor, address: "Hafenstr. 12, 20457 Hamburg", url: "https://northwind.example"}
time_zone: Europe/Berlin
write_keys: [key]
people:
  - {email: maria@northwind.example, name: Maria (growth), groups: [marketing], token: token-maria}
  - {email: ada@northwind.example, name: Ada (brand), groups: [marketing], token: token-ada}
  - {email: omar@northwind.example, name: Omar (support), groups: [support], token: token-omar}
channels:
  email: {provider: smtp, host: 127.0.0.1, port: PORT, username: shop, password: secret, tls: none,
          sender: "Northwind Outdoor <hello@mail.northwind.example>"}
""",
    "policies.yaml": "consent: {}\n",
    "journeys/hello.yaml": """
journey: hello
owner: maria@northwind.example
start: {event: Product Viewed}
goal: Order Completed
steps:
  - {id: note, send: email, content: note, approval: marketing}
""",
    "content/note/email.txt.j2": """It sleeps three.

{{ brand.name }}, {{ brand.address }}
No more of this: {{ unsubscribe_url }}
""",
    "content/note/email.html.j2": """---
subject: "A note about the Fjell tent"
---
<!doctype html><html><body style="color:#222"><p>It sleeps three.</p>
<p>{{ brand.name }}, {{ brand.address }}</p><p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p></body></html>
""",
}


@dataclass
class LivingShop:
    """Its services, what its mail server took, and the way to start a run."""

    services: Services
    mailbox: Mailbox
    worker: AsyncExitStack
    refused: RefusedUpdates
    """What its runs and reviews refuse."""

    async def start(self, customer_id: str = "c_lena") -> Handle:
        """A customer who consents to mail looks at a product; the journey starts, and will ask for approval."""
        now = datetime.now(UTC)
        async with self.services.database.transaction() as session:
            session.add(Customer(id=customer_id, traits={}, time_zone="Europe/Berlin", created_at=now))
            await session.flush()
            session.add(
                Address(customer_id=customer_id, kind="email", value="lena.koch@example.com", updated_at=now)
            )
            session.add(
                ConsentRecord(
                    customer_id=customer_id,
                    channel="email",
                    purpose="marketing",
                    granted=True,
                    source="test",
                    at=now,
                )
            )
            viewed = EventRecord(
                id=f"viewed-{customer_id}",
                customer_id=customer_id,
                name="Product Viewed",
                properties={},
                occurred_at=now,
                received_at=now,
            )
            session.add(viewed)
            await session.flush()
        return await self._start_run(
            customer_id, Event(id=viewed.id, name=viewed.name, at=now, seq=viewed.seq or 1)
        )

    async def _start_run(self, customer_id: str, viewed: Event) -> Handle:
        journey = self.services.journeys["hello"]
        given = RunInput(
            journey=journey,
            customer_id=customer_id,
            time_zone="Europe/Berlin",
            start=viewed,
            approval_key=self.services.signer.public_key,
            console_url="http://127.0.0.1:8080",
        )
        handle = await self.services.temporal.start_workflow(
            CustomerJourney.run,
            given,
            id=f"hello:{customer_id}:{self.services.settings.task_queue}",
            task_queue=self.services.settings.task_queue,
            search_attributes=at_start("hello", customer_id),
        )
        async with self.services.database.transaction() as session:
            session.add(
                Run(
                    workflow_id=handle.id,
                    first_run_id=handle.first_execution_run_id or "",
                    journey="hello",
                    version=journey.version,
                    customer_id=customer_id,
                    start_seq=viewed.seq,
                    state="open",
                    started_at=viewed.at,
                )
            )
        return handle


@asynccontextmanager
async def living_shop(database: Database, folder: Path, temporal: Client) -> AsyncGenerator[LivingShop]:
    """Run the shop for as long as the block lasts, with a task queue and runs that are its own."""
    mailbox = Mailbox()
    mail = MailServer(mailbox, Faults(slow_seconds=1), username="shop", password="secret")
    async with mail.listening(0) as port, AsyncExitStack() as worker:
        _write_project(folder, port)
        settings = Settings(
            project_dir=folder,
            state_dir=folder / "state",
            secret=SECRET,
            demo_users=True,
            task_queue=f"living-{secrets.token_hex(4)}",
        )
        parts = load_parts(settings)
        refused = RefusedUpdates(database)
        await worker.enter_async_context(make_worker(temporal, settings, database, parts, refused=refused))
        services = Services(
            settings=settings,
            project=load_project(settings),
            journeys=load_journeys(folder / "journeys"),
            database=database,
            temporal=temporal,
            secret=SECRET,
        )
        yield LivingShop(services, mailbox, worker, refused)
        await worker.aclose()
        await parts.close()


def _write_project(folder: Path, mail_port: int) -> None:
    for name, text in _FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("PORT", str(mail_port)), encoding="utf-8")
    approve_content(folder)
