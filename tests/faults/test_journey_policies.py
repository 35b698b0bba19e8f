"""What a journey says of itself is enforced at the send: its window, its budget, its order of channels."""

import asyncio
from datetime import time, timedelta

import pytest

from journeys.parts import Budget, SendWindow
from tests.approving import approve_content
from tests.faults.sending import NOON, Sending
from workflows.ports import Denied, Held, Sent

AFTERNOON = {"send_window": SendWindow(start=time(14), end=time(18)).model_dump(mode="json", by_alias=True)}
TWO_A_DAY = {"budget": Budget(messages=2).model_dump(mode="json", by_alias=True)}


async def test_outside_of_its_window_a_message_is_held_until_the_customers_clock_says_so(
    small_sending: Sending,
) -> None:
    lena = await small_sending.shopper()
    held = await small_sending.deliver(small_sending.request(lena, policies=AFTERNOON))
    assert isinstance(held, Held)
    assert held.until == NOON + timedelta(hours=2)  # noon is 12:00 in Berlin
    sent = await small_sending.deliver(small_sending.request(lena, policies=AFTERNOON, now=held.until))
    assert isinstance(sent, Sent)


@pytest.mark.parametrize(("waits", "outcome"), [(0, "denied"), (1.5, "denied"), (2, "held")])
async def test_what_would_be_held_for_longer_than_the_step_waits_is_as_if_it_were_forbidden(
    small_sending: Sending, waits: float, outcome: str
) -> None:
    wanted_until = NOON + timedelta(hours=waits)
    lena = await small_sending.shopper()
    result = await small_sending.deliver(
        small_sending.request(lena, policies=AFTERNOON, wanted_until=wanted_until)
    )
    assert result.outcome == outcome
    if outcome == "denied":
        assert result.reason == "outside the send window until Mon 14:00; the step does not wait so long"


async def test_a_budget_counts_over_all_customers_even_at_the_same_moment(sending: Sending) -> None:
    shoppers = [await sending.shopper(f"s{number}") for number in range(4)]
    results = await sending.deliver_all([sending.request(one, policies=TWO_A_DAY) for one in shoppers])
    assert [type(result) for result in results].count(Sent) == 2
    assert sum(isinstance(result, Held | Denied) for result in results) == 2


async def test_the_next_channel_is_taken_when_the_first_is_not_allowed(small_sending: Sending) -> None:
    content = small_sending.folder / "content"
    for file in (content / "browse-related").iterdir():
        (content / "browse-reminder" / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    approve_content(small_sending.folder)
    small_sending.reload()
    allowed, refused = await asyncio.gather(small_sending.shopper("a"), small_sending.shopper("b", push=False))
    both = {"channels": ("push", "email")}
    first = await small_sending.deliver(small_sending.request(allowed, **both))
    second = await small_sending.deliver(small_sending.request(refused, **both))
    assert (first.channel, second.channel) == ("push", "email")
