"""Messages inside the shop's own app and site: placed once, however often they are tried."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlmodel import select

from activities.channels.model import Provider, Refused, RetryLater
from store.database import Database
from store.tables import SurfaceMessage
from tests.channels.messages import CARD, rendered

MakeProvider = Callable[..., Provider]
Arrivals = Callable[[], Awaitable[list[Any]]]


@pytest.fixture
def inbox(make_provider: MakeProvider) -> Provider:
    return make_provider("surface", "inbox", keep_for="7d")


async def send(provider: Provider, customer: str = "c_ada", **changed: Any) -> str:
    return await provider.send(provider.prepare(rendered("inbox", **changed), customer, "d_1"), "d_1")


async def test_tried_again_it_is_still_one_message(inbox: Provider, arrived: Arrivals) -> None:
    await send(inbox)
    await send(inbox)

    assert [message.delivery_id for message in await arrived()] == ["d_1"]


async def test_it_waits_with_all_its_fields_for_as_long_as_the_settings_say(
    inbox: Provider, store: Database
) -> None:
    before = datetime.now(UTC)

    await send(inbox)

    async with store.reading() as session:
        message = (await session.exec(select(SurfaceMessage))).one()
    assert (message.surface, message.customer_id, message.content) == ("inbox", "c_ada", CARD)
    assert timedelta() <= message.valid_until - before - timedelta(days=7) < timedelta(minutes=1)


async def test_a_store_that_does_not_take_it_may_take_it_later(inbox: Provider, arrived: Arrivals) -> None:
    with pytest.raises(RetryLater, match=r"^surface\.store"):
        await send(inbox, "c_nobody")

    assert await arrived() == []


@pytest.mark.parametrize("field", ["action_url", "image_url"])
@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "//evil.example"]
)
def test_a_click_never_runs_a_script(field: str, url: str, inbox: Provider) -> None:
    with pytest.raises(Refused) as refused:
        inbox.prepare(rendered("inbox", **{field: url}), "c_ada", "d_1")

    assert refused.value.remedy == "fix_content"


def test_a_message_that_is_never_shown_is_a_wrong_setting(make_provider: MakeProvider) -> None:
    with pytest.raises(ValidationError, match="keep_for"):
        make_provider("surface", "banner", keep_for="0s")
