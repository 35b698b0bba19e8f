"""What policies are told at the send is what the store knows: rivals, offers, margins, how a channel does."""

from datetime import timedelta

from sqlmodel import SQLModel

from store.tables import Customer, Delivery, Run
from tests.approving import approve_content
from tests.faults.sending import NOON, OFFER, TEN_PERCENT, Sending, Shopper
from workflows.ports import Asked, Denied, Held, Sent


def sent_before(shopper: Shopper, number: int = 0, state: str = "delivered", **changes: object) -> Delivery:
    """A mail that another journey sent an hour ago."""
    given: dict[str, object] = {
        "id": f"d-{shopper.id}-{number}",
        "workflow_id": f"win-back:{shopper.id}",
        "first_run_id": "r",
        "journey": "win-back",
        "step_id": "s",
        "pass_": 0,
        "customer_id": shopper.id,
        "channel": "push",
        "provider": "fcm",
        "purpose": "marketing",
        "content": "c",
        "state": state,
        "findings": [],
        "reserved_at": NOON - timedelta(hours=1),
        **changes,
    }
    return Delivery(**given)  # pyright: ignore[reportArgumentType] rows are checked by the database


async def keep(sending: Sending, *rows: SQLModel) -> None:
    async with sending.database.transaction() as session:
        session.add_all(rows)


async def test_a_message_of_a_journey_that_goes_first_queues_this_one(sending: Sending) -> None:
    lena = await sending.shopper()
    await keep(sending, sent_before(lena, priority=80))

    result = await sending.deliver(sending.request(lena, policies={"journey_priority": {"apart": "3h"}}))

    assert isinstance(result, Held)
    assert result.until == NOON + timedelta(hours=2)
    assert "'win-back', which goes first" in result.reason


async def test_a_run_of_a_journey_that_goes_first_keeps_others_back(sending: Sending) -> None:
    lena = await sending.shopper()
    rival = Run(
        workflow_id=f"win-back:{lena.id}",
        journey="win-back",
        version="v",
        priority=80,
        customer_id=lena.id,
        start_seq=lena.start_seq,
        state="open",
        started_at=NOON,
    )
    await keep(sending, rival)
    skipped = {"journey_priority": {"while_open": True, "lower": "skip"}}

    result = await sending.deliver(sending.request(lena, policies=skipped))

    assert result == Denied(reason="the customer is in 'win-back', which goes first")


async def test_an_offer_that_another_journey_made_forbids_a_second(small_sending: Sending) -> None:
    lena = await small_sending.shopper()
    await keep(small_sending, sent_before(lena, discount=12, offer_until=NOON + timedelta(hours=9)))

    result = await small_sending.deliver(
        small_sending.request(lena, offer=TEN_PERCENT, policies={"one_offer": {}})
    )

    assert result == Denied(reason="the customer has an offer of 12 % from 'win-back' already")


async def test_the_offer_of_a_message_is_kept_for_those_after_it(small_sending: Sending) -> None:
    small_sending.edit("policies.yaml", "approval_above: 5%", "approval_above: 15%")
    lena = await small_sending.shopper()

    sent = await small_sending.deliver(small_sending.request(lena, offer=TEN_PERCENT))

    assert isinstance(sent, Sent)
    async with small_sending.database.reading() as session:
        row = await session.get(Delivery, sent.delivery_id)
    assert row is not None
    assert row.offer_until is not None
    assert row.discount == 10
    assert timedelta() <= row.reserved_at + TEN_PERCENT.valid - row.offer_until < timedelta(seconds=30)


async def test_the_catalogues_cost_decides_how_low_a_price_may_go(small_sending: Sending) -> None:
    small_sending.edit("policies.yaml", "approval_above: 5%", "approval_above: 15%")
    small_sending.edit("catalogue.yaml", "price: 329.00", "price: 329.00, cost: 312.55")
    lena = await small_sending.shopper()

    result = await small_sending.deliver(
        small_sending.request(lena, offer=TEN_PERCENT, policies={"margin_floor": {}})
    )

    assert result == Denied(reason="after 10 % off, -5.6 % margin is left; the floor is 10 %")


async def test_too_many_complaints_stop_all_marketing_mail(sending: Sending) -> None:
    lena, others = await sending.shopper(), await sending.shopper("others")
    mails = [sent_before(others, n, "delivered" if n else "complained", channel="email") for n in range(20)]
    await keep(sending, *mails)

    result = await sending.deliver(sending.request(lena, policies={"bulk_mail": {"at_least": 20}}))

    assert result == Denied(reason="5 % of last week's mails were complained about; marketing stops at 0.3 %")


async def test_content_that_is_out_of_date_does_not_leave(small_sending: Sending) -> None:
    small_sending.edit(
        "content/browse-reminder/email.html.j2", "---\n", "---\nvalid_until: 2026-03-02T12:00:00+01:00\n"
    )
    lena = await small_sending.shopper()

    result = await small_sending.deliver(small_sending.request(lena, policies={"content_fit": {}}))

    assert result == Denied(reason="the content 'browse-reminder' was good until 2026-03-02 11:00 UTC")


async def test_of_whom_only_a_country_is_known_all_its_clocks_are_asked(small_sending: Sending) -> None:
    lena = await small_sending.shopper()
    async with small_sending.database.transaction() as session:
        customer = await session.get(Customer, lena.id)
        assert customer is not None
        customer.time_zone, customer.locale = None, "en-US"
        session.add(customer)

    held = await small_sending.deliver(small_sending.request(lena))

    assert isinstance(held, Held)
    assert held.reason == "quiet hours in one of the 8 zones of US until Mon 18:00 UTC"


async def test_a_jump_of_the_audience_is_asked_about(small_sending: Sending) -> None:
    lena = await small_sending.shopper()
    starts = [NOON - timedelta(days=2), *(NOON - timedelta(minutes=number) for number in range(1, 6))]
    runs = [
        Run(
            workflow_id=f"browse-abandonment:{lena.id}:{number}", journey="browse-abandonment", version="v",
            customer_id=lena.id, start_seq=lena.start_seq, state="open", started_at=at,
        )
        for number, at in enumerate(starts)
    ]  # fmt: skip
    await keep(small_sending, *runs)
    watched = {"volume_anomaly": {"at_least": 5}}

    asked = await small_sending.deliver(small_sending.request(lena, policies=watched))

    assert isinstance(asked, Asked)
    assert asked.reason == "the journey was entered by 5 customers today, and 1 on a usual day"


async def test_free_text_leaves_on_whatsapp_once_the_customer_has_written_there(small_sending: Sending) -> None:
    sending, lena = small_sending, await small_sending.shopper()
    free = "---\nlanguage: en\n---\ntext: Any questions about the tent?\n"
    (sending.folder / "content" / "browse-offer" / "whatsapp.yaml.j2").write_text(free, encoding="utf-8")
    approve_content(sending.folder)
    sending.reload()
    sending.sandbox.whatsapp.open_windows.add(lena.phone.lstrip("+"))
    asked = OFFER | {"offer": None, "policies": {"whatsapp_window": {}}}
    too_late = Denied(reason="free text may be sent on WhatsApp only within 24 hours of the customer's message")

    await sending.happens("lena", "Message Replied", channel="sms")
    assert await sending.deliver(sending.request(lena, **asked)) == too_late

    await sending.happens("lena", "Message Replied", channel="whatsapp", text="Hello")
    next_day = NOON + timedelta(days=1)
    assert await sending.deliver(sending.request(lena, run="run-2", now=next_day, **asked)) == too_late
    assert isinstance(await sending.deliver(sending.request(lena, run="run-3", **asked)), Sent)


async def test_what_a_customer_ordered_makes_them_one_of_high_value(small_sending: Sending) -> None:
    sending, lena = small_sending, await small_sending.shopper()
    valued = {"high_value": {"at_least": ["1000 EUR", "800 GBP"], "most_discount": 5}}
    offer = OFFER | {"policies": valued}

    await sending.happens("lena", "Order Completed", total=900, currency="EUR", order_id="o-1")
    assert isinstance(await sending.deliver(sending.request(lena, **offer)), Asked)

    await sending.happens("lena", "Order Completed", total=100, currency="EUR", order_id="o-2", coupon="SPRING")
    denied = await sending.deliver(sending.request(lena, run="run-2", **offer))
    assert denied == Denied(reason="10 % off is above 5 % for a high-value customer")


async def test_a_jump_of_what_a_journey_sends_is_asked_about(small_sending: Sending) -> None:
    lena, others = await small_sending.shopper(), await small_sending.shopper("others")
    days = [2, *[0] * 5]
    sent = [
        sent_before(
            others, number, journey="browse-abandonment", reserved_at=NOON - timedelta(days=day, minutes=number)
        )
        for number, day in enumerate(days)
    ]
    await keep(small_sending, *sent)

    asked = await small_sending.deliver(small_sending.request(lena, policies={"volume_anomaly": {"at_least": 5}}))

    assert isinstance(asked, Asked)
    assert asked.reason == "the journey has sent 5 messages today, and 1 on a usual day"
