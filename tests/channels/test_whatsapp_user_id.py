"""WhatsApp to people who show no phone number: by the id that Meta has for them and this business."""

from collections.abc import Callable

import pytest

from activities.channels.model import Provider, Refused
from sandbox.server import Sandbox
from store.database import Database
from store.ledger import reachable_at
from store.tables import Address
from tests import seeding
from tests.channels.messages import rendered

ANN = "US.13491208655302741918"
MakeProvider = Callable[..., Provider]


@pytest.fixture
def provider(make_provider: MakeProvider) -> Provider:
    return make_provider("whatsapp_cloud")


async def test_a_template_goes_to_a_user_id(provider: Provider, sandbox: Sandbox) -> None:
    message = provider.prepare(rendered("whatsapp"), ANN, "d_1")

    await provider.send(message, "d_1")

    [kept] = sandbox.mailbox.messages
    assert (message.body["recipient"], "to" in message.body) == (ANN, False)
    assert (kept.recipient, kept.delivery_id) == (ANN, "d_1")


async def test_a_free_text_does_within_24_hours_of_what_they_wrote(provider: Provider, sandbox: Sandbox) -> None:
    sandbox.whatsapp.open_windows.add(ANN)

    await provider.send(provider.prepare(rendered("whatsapp", text="It is back."), ANN, "d_1"), "d_1")

    assert sandbox.mailbox.messages[0].content["shown"] == "It is back."


@pytest.mark.parametrize("wrong", ["US.", "usa.134", "US.13/../4", "US.134\n", "@ann"])
def test_what_is_neither_a_number_nor_an_id_is_refused(wrong: str, provider: Provider) -> None:
    with pytest.raises(Refused, match=r"neither a phone number in E\.164 nor a user id"):
        provider.prepare(rendered("whatsapp"), wrong, "d_1")


async def test_the_number_is_used_while_there_is_a_live_one(database: Database, provider: Provider) -> None:
    phone = Address(customer_id="c_ann", kind="phone", value="+4917012345678", updated_at=seeding.NOW)
    user_id = Address(customer_id="c_ann", kind="whatsapp_user_id", value=ANN, updated_at=seeding.NOW)
    await seeding.put(database, seeding.customer("c_ann"), phone, user_id)

    async with database.transaction() as session:
        first = await reachable_at(session, "c_ann", provider.kinds())
        (await session.merge(phone)).active = False
        await session.flush()
        then = await reachable_at(session, "c_ann", provider.kinds())

    assert (first, provider.kind_of(str(first))) == ("+4917012345678", "phone")
    assert (then, provider.kind_of(str(then))) == (ANN, "whatsapp_user_id")
