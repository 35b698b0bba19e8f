"""What is accepted or sent a moment earlier counts: no delivery leaves that a policy forbids at that moment."""

import asyncio
from datetime import timedelta

import pytest

from journeys.interrupts import InterruptRules
from journeys.parts import EventMatch
from store.tables import Customer, Delivery
from tests.faults.sending import NOON, OFFER, PUSH, TEN_PERCENT, Sending
from tests.seeding import closed_arm
from workflows.ports import Denied, Held, Overtaken, Sent


async def test_an_opt_out_accepted_before_the_send_stops_it_though_the_run_does_not_know_yet(
    sending: Sending,
) -> None:
    lena = await sending.shopper()
    await sending.happens("lena", "Unsubscribed")
    result = await sending.deliver(sending.request(lena))
    assert result == Overtaken(kind="opt_out", reason="the customer opted out")
    assert (await sending.rows(Delivery), sending.sandbox.mailbox.messages) == ([], [])


async def test_a_purchase_accepted_before_the_send_stops_it_for_that_product_only(sending: Sending) -> None:
    lena = await sending.shopper()
    await sending.happens("lena", "Order Completed", products=[{"product_id": "something-else"}])
    assert isinstance(await sending.deliver(sending.request(lena)), Sent)
    await sending.happens("lena", "Order Completed", products=[{"product_id": "lumen-2"}], total=329)
    assert isinstance(await sending.deliver(sending.request(lena, **PUSH)), Overtaken)


async def test_an_opt_out_accepted_between_two_attempts_stops_the_second(sending: Sending) -> None:
    lena = await sending.shopper()
    request = sending.request(lena)
    sending.sandbox.faults.add(recipient=lena.email, answer=451)
    await sending.put_off(request)
    await sending.happens("lena", "Unsubscribed")
    assert isinstance(await sending.deliver(request, attempt=2), Overtaken)
    assert sending.received(request) == 0


async def test_an_arm_that_is_closed_while_a_person_decides_stops_what_they_approved(sending: Sending) -> None:
    lena = await sending.shopper()
    request = sending.request(lena, **OFFER, arms={"subject": "bold"})
    asked = await sending.deliver(request)
    async with sending.database.transaction() as session:
        session.add(closed_arm("browse-abandonment"))
    denied = await sending.deliver(sending.granted(request, asked))
    assert isinstance(denied, Denied)
    assert denied.reason.startswith("the arm 'bold' is closed, because the guardrail on")
    assert sending.received(request) == 0


async def test_an_opt_out_accepted_while_a_person_decides_stops_what_they_approved(sending: Sending) -> None:
    lena = await sending.shopper()
    request = sending.request(lena, **OFFER)
    asked = await sending.deliver(request)
    await sending.happens("lena", "Unsubscribed")
    assert isinstance(await sending.deliver(sending.granted(request, asked)), Overtaken)
    assert sending.received(request) == 0


async def test_an_opt_out_at_the_same_moment_either_comes_first_or_finds_the_message_reserved(
    sending: Sending,
) -> None:
    for number in range(8):
        shopper = await sending.shopper(f"s{number}")
        request = sending.request(shopper)
        result, _ = await asyncio.gather(sending.deliver(request), sending.happens(f"s{number}", "Unsubscribed"))
        assert isinstance(result, Sent | Overtaken | Denied)
        assert sending.received(request) == isinstance(result, Sent)
        later = sending.request(shopper, run="another", **PUSH)
        assert isinstance(await sending.deliver(later), Overtaken)


async def test_of_two_journeys_that_race_for_the_last_place_under_a_cap_one_gets_it(sending: Sending) -> None:
    for number in range(4):
        shopper = await sending.shopper(f"s{number}")
        racing = [sending.request(shopper, run=f"journey-{each}") for each in range(2)]
        results = await sending.deliver_all(racing)
        assert sorted(result.outcome for result in results) == ["denied", "sent"]
        assert sum(map(sending.received, racing)) == 1


async def test_many_journeys_at_once_stay_within_the_cap_over_all_channels(sending: Sending) -> None:
    lena = await sending.shopper()
    racing = [sending.request(lena, run=f"journey-{each}", **PUSH) for each in range(7)]
    results = await sending.deliver_all(racing)
    assert sorted(result.outcome for result in results) == ["denied"] * 4 + ["sent"] * 3
    assert len(sending.sandbox.mailbox.messages) == 3


async def test_a_message_whose_outcome_is_unknown_takes_its_place_under_the_cap(sending: Sending) -> None:
    lena = await sending.shopper()
    sending.sandbox.faults.add(recipient=lena.email, answer="drop")
    assert (await sending.deliver(sending.request(lena))).outcome == "unknown"
    again = await sending.deliver(sending.request(lena, run="another"))
    assert isinstance(again, Denied)
    assert "the cap is 1" in again.reason


async def test_a_message_the_provider_refused_takes_no_place_under_the_cap(sending: Sending) -> None:
    lena = await sending.shopper()
    sending.sandbox.faults.add(recipient=lena.email, answer="552 5.3.4 Message too big")
    assert (await sending.deliver(sending.request(lena))).outcome == "rejected"
    assert isinstance(await sending.deliver(sending.request(lena, run="another")), Sent)


@pytest.mark.parametrize("channel", ["email", "push", "whatsapp"])
async def test_a_channel_the_customer_said_no_to_stays_silent(small_sending: Sending, channel: str) -> None:
    sending = small_sending
    lena = await sending.shopper("lena", **{channel: False})
    step = {"email": {}, "push": PUSH, "whatsapp": OFFER}[channel]
    assert isinstance(await sending.deliver(sending.request(lena, **step)), Denied)
    assert sending.sandbox.mailbox.messages == []


async def test_a_retry_that_falls_into_the_night_is_held_until_the_morning(small_sending: Sending) -> None:
    """The first attempt was in time; the policy counts at the moment the message would leave."""
    sending = small_sending
    lena = await sending.shopper()
    request = sending.request(lena, now=NOON + timedelta(hours=8, minutes=59))
    sending.sandbox.faults.add(recipient=lena.email, answer=451)
    await sending.put_off(request)
    held = await sending.deliver(request, attempt=2, after=timedelta(minutes=5))
    assert isinstance(held, Held)
    assert held.until == NOON + timedelta(hours=20)
    assert sending.received(request) == 0


async def test_a_discount_above_the_cap_never_leaves_not_even_approved(small_sending: Sending) -> None:
    sending = small_sending
    lena = await sending.shopper()
    request = sending.request(lena, **OFFER)
    asked = await sending.deliver(request)
    sending.edit("policies.yaml", "most: 15%", "most: 8%")
    denied = await sending.deliver(sending.granted(request, asked))
    assert denied == Denied(reason=f"a discount of {TEN_PERCENT.discount:g} % is above the cap of 8 %")


async def test_what_a_stop_counts_is_counted_by_what_is_accepted_and_not_by_what_the_run_has_heard(
    sending: Sending,
) -> None:
    lena = await sending.shopper()
    stop = EventMatch(event="Page Left", where="run.events['Page Left'] >= 2")
    asked = {"interrupts": InterruptRules(stop=(stop,)), "facts": {"events": {"Page Left": 0}}}
    await sending.happens("lena", "Page Left")
    assert isinstance(await sending.deliver(sending.request(lena, **asked)), Sent)
    await sending.happens("lena", "Page Left", page="cart")
    second = await sending.deliver(sending.request(lena, **PUSH, **asked))
    assert second == Overtaken(kind="stop", reason="stop event: Page Left")


async def test_a_stop_that_asks_for_the_customer_is_judged_by_what_they_are_now(sending: Sending) -> None:
    lena = await sending.shopper()
    asked = {"interrupts": InterruptRules(stop=(EventMatch(event="Page Left", where="customer.tier == 'gold'"),))}
    await sending.happens("lena", "Page Left")
    assert isinstance(await sending.deliver(sending.request(lena, **asked)), Sent)
    async with sending.database.transaction() as session:
        customer = await session.get_one(Customer, lena.id)
        customer.traits = {"tier": "gold"}
        session.add(customer)
    assert isinstance(await sending.deliver(sending.request(lena, **PUSH, **asked)), Overtaken)


async def test_a_stop_can_ask_what_the_customers_events_come_to(sending: Sending) -> None:
    lena = await sending.shopper()
    stop = EventMatch(event="Page Left", where="customer.events['Page Left'].count >= 2")
    asked = {"interrupts": InterruptRules(stop=(stop,))}
    await sending.happens("lena", "Page Left")
    assert isinstance(await sending.deliver(sending.request(lena, **asked)), Sent)
    await sending.happens("lena", "Page Left", page="cart")
    assert isinstance(await sending.deliver(sending.request(lena, **PUSH, **asked)), Overtaken)
