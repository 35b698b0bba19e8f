"""Messages of which nobody knows whether they left: the vendor is asked, and nothing is sent again."""

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.channels.model import OutcomeUnknown, Provider
from activities.channels.postmark import Postmark
from activities.channels.registry import known_providers
from activities.delivering.draft import hash_message
from activities.delivering.reconciling import Reconciling
from sandbox.server import Sandbox
from store.database import Database
from store.ledger import find_delivery
from store.tables import Address, Delivery
from tests import seeding
from tests.channels.messages import RECIPIENTS, rendered

SENDER = "Northwind <hello@mail.northwind.example>"
SETTINGS: dict[str, Callable[[Sandbox], dict[str, Any]]] = {
    "postmark": lambda box: {"server_token": box.postmark.server_token, "sender": SENDER},
    "sendgrid": lambda box: {"api_key": box.sendgrid.api_key, "sender": SENDER},
    "twilio_sms": lambda box: {
        "account_sid": box.twilio.account_sid,
        "auth_token": box.twilio.auth_token,
        "sender": box.twilio.sender,
        "status_callback": "https://journeys.shop.example/webhooks/twilio",
    },
}
"""The vendors that can be asked."""


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncGenerator[Sandbox]:
    async with Sandbox.start(state_dir=tmp_path) as running:
        yield running


@pytest.fixture(params=sorted(SETTINGS))
async def provider(request: pytest.FixtureRequest, sandbox: Sandbox) -> AsyncGenerator[Provider]:
    [kind] = [kind for (_, name), kind in known_providers().items() if name == request.param]
    made = kind.model_validate({**SETTINGS[request.param](sandbox), "url": sandbox.http_url})
    yield made
    await made.close()


async def leaves(provider: Provider, sandbox: Sandbox, delivery_id: str, accident: str) -> Delivery:
    """What the ledger knows of a message on whose way an accident happens."""
    recipient = RECIPIENTS[provider.address_kind]
    message = provider.prepare(rendered(provider.channel), recipient, delivery_id)
    sandbox.faults.add(recipient=recipient, answer=accident)
    reserved_at = datetime.now(UTC)
    with pytest.raises(OutcomeUnknown):
        await provider.send(message, delivery_id)
    return Delivery(
        id=delivery_id,
        workflow_id="hello:c_ada:-",
        first_run_id="first",
        journey="hello",
        step_id="note",
        pass_=0,
        customer_id="c_ada",
        channel=provider.channel,
        provider=provider.provider,
        purpose="marketing",
        content="note",
        state="unknown",
        content_hash=hash_message(message),
        reason="the connection broke",
        findings=[],
        reserved_at=reserved_at,
    )


async def put(database: Database, provider: Provider, *deliveries: Delivery) -> None:
    address = Address(
        customer_id="c_ada",
        kind=provider.address_kind,
        value=RECIPIENTS[provider.address_kind],
        updated_at=seeding.NOW,
    )
    await seeding.put(database, seeding.customer("c_ada"), address, *deliveries)


async def asked(database: Database, provider: Provider, minutes: float = 2) -> int:
    reconciling = Reconciling(database, {provider.channel: provider})
    return await reconciling.ask(datetime.now(UTC) + timedelta(minutes=minutes))


async def kept(database: Database, delivery_id: str = "d_1") -> Delivery:
    async with database.reading() as session:
        found = await find_delivery(session, delivery_id)
    assert found is not None
    return found


async def test_what_the_vendor_has_is_settled_as_sent(
    provider: Provider, sandbox: Sandbox, sqlite_database: Database
) -> None:
    await put(sqlite_database, provider, await leaves(provider, sandbox, "d_1", "drop"))

    assert await asked(sqlite_database, provider) == 1

    [message], row = sandbox.mailbox.messages, await kept(sqlite_database)
    assert (row.state, row.provider_id, row.reason) == ("sent", message.vendor_id, "")


async def test_what_it_has_not_stays_for_a_person_and_is_not_sent_again(
    provider: Provider, sandbox: Sandbox, sqlite_database: Database
) -> None:
    await put(sqlite_database, provider, await leaves(provider, sandbox, "d_1", "drop_early"))

    assert [await asked(sqlite_database, provider, minutes) for minutes in (2, 3, 60)] == [0, 0, 0]

    row = await kept(sqlite_database)
    assert (row.state, sandbox.mailbox.messages) == ("unknown", [])
    assert row.reason.startswith("the connection broke; at ")
    assert row.reason.endswith("UTC the vendor was asked, and had no such message")
    assert row.reason.count("; at") == 1


async def test_a_vendor_that_cannot_be_asked_now_is_asked_later(sandbox: Sandbox, database: Database) -> None:
    right = Postmark(server_token=sandbox.postmark.server_token, sender=SENDER, url=sandbox.http_url)
    wrong = right.model_copy(update={"server_token": type(right.server_token)("wrong")})
    await put(database, right, await leaves(right, sandbox, "d_1", "drop"))

    first = await asked(database, wrong)
    assert "the vendor could not be asked (postmark.http_401)" in (await kept(database)).reason
    too_soon, then = await asked(database, right, minutes=3), await asked(database, right, minutes=5)

    assert (first, too_soon, then) == (0, 0, 1)
    await right.close()
    await wrong.close()


@pytest.mark.parametrize("provider", ["sendgrid"], indirect=True)
async def test_a_vendor_that_takes_few_questions_is_asked_about_the_others_next_time(
    provider: Provider, sandbox: Sandbox, sqlite_database: Database
) -> None:
    """SendGrid answers six a minute; the eighth is not even asked, so that it is the first next time."""
    lost = [await leaves(provider, sandbox, f"d_{number}", "drop") for number in range(8)]
    await put(sqlite_database, provider, *lost)

    settled = await asked(sqlite_database, provider)

    rows = [await kept(sqlite_database, row.id) for row in lost]
    refused = [row for row in rows if "the vendor could not be asked (sendgrid.http_429)" in row.reason]
    assert (settled, len(refused)) == (6, 1)
    assert [row.state for row in rows if row.searched_at is None and row.state == "unknown"] == ["unknown"]


@pytest.mark.parametrize("provider", ["twilio_sms"], indirect=True)
async def test_one_text_that_arrived_settles_one_of_two_that_say_the_same(
    provider: Provider, sandbox: Sandbox, sqlite_database: Database
) -> None:
    lost = await leaves(provider, sandbox, "d_1", "drop_early")
    await put(sqlite_database, provider, lost, await leaves(provider, sandbox, "d_2", "drop"))

    assert await asked(sqlite_database, provider) == 1

    states = {(await kept(sqlite_database, delivery_id)).state for delivery_id in ("d_1", "d_2")}
    assert states == {"sent", "unknown"}
