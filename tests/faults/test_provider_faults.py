"""What a vendor's answer leads to: tried again or not, what ledger and timeline say, and never sent twice."""

import socket
from datetime import timedelta
from typing import Any

import pytest

from journeys.parts import Offer
from sandbox.faults import Answer
from store.tables import Address, Delivery
from tests.faults.sending import OFFER, PUSH, Sending, Shopper, key_of
from workflows.ports import DeliverRequest, Rejected, Sent, Unknown

# Two per cent, so that nobody has to approve it.
STEP_BY: dict[str, dict[str, Any]] = {
    "email": {},
    "push": PUSH,
    "whatsapp": OFFER | {"offer": Offer(discount=2)},
}


def address(shopper: Shopper, channel: str) -> str:
    return {"email": shopper.email, "push": shopper.push_token, "whatsapp": shopper.phone}[channel]


async def answered(sending: Sending, channel: str, answer: Answer, **more: Any) -> DeliverRequest:
    """A message to Lena over a channel, which the vendor answers so; `more` is of the fault."""
    lena = await sending.shopper()
    sending.sandbox.faults.add(recipient=address(lena, channel), answer=answer, **more)
    return sending.request(lena, **STEP_BY[channel])


@pytest.mark.parametrize(
    ("channel", "answer", "code"),
    [
        ("email", 451, "smtp.4.7.1"),
        ("push", 429, "fcm.QUOTA_EXCEEDED"),
        ("push", 500, "fcm.INTERNAL"),
        ("push", 503, "fcm.UNAVAILABLE"),
        ("whatsapp", 429, "whatsapp_cloud.130429"),
        ("whatsapp", 500, "whatsapp_cloud.131000"),
        ("whatsapp", 503, "whatsapp_cloud.131016"),
    ],
)
async def test_what_the_vendor_did_not_take_now_is_tried_again_and_leaves_once(
    small_sending: Sending, channel: str, answer: Answer, code: str
) -> None:
    sending = small_sending
    request = await answered(sending, channel, answer, times=2)
    for attempt in (1, 2):
        error = await sending.put_off(request, attempt, after=timedelta(minutes=2 * attempt))
        assert error.type == code
        row = await sending.delivery(request)
        assert (row.state, row.code, row.attempts, row.sent_at) == ("retrying", code, attempt, None)
    assert isinstance(await sending.deliver(request, attempt=3, after=timedelta(minutes=6)), Sent)
    row = await sending.delivery(request)
    assert (row.state, row.attempts, row.code) == ("sent", 3, "")
    assert sending.received(request) == 1
    told = [(name, outcome) for name, outcome, _ in await sending.spans(request)]
    assert told == [
        ("policy evaluate", "allowed"),
        (f"send {channel}", "retrying"),
        ("policy evaluate", "allowed"),
        (f"send {channel}", "retrying"),
        ("policy evaluate", "allowed"),
        (f"send {channel}", "sent"),
    ]


@pytest.mark.parametrize(("channel", "answer"), [("push", 429), ("push", 503), ("whatsapp", 429)])
async def test_the_wait_the_vendor_asks_for_is_the_wait_before_the_next_attempt(
    small_sending: Sending, channel: str, answer: Answer
) -> None:
    sending = small_sending
    request = await answered(sending, channel, answer, retry_after=42)
    error = await sending.put_off(request)
    assert error.next_retry_delay == timedelta(seconds=42)


async def test_a_vendor_that_cannot_be_reached_is_tried_again(
    small_sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending = small_sending
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    lena = await sending.shopper()
    monkeypatch.setenv("SMTP_PORT", str(closed))
    monkeypatch.setenv("FCM_URL", f"http://127.0.0.1:{closed}")
    monkeypatch.setenv("WHATSAPP_URL", f"http://127.0.0.1:{closed}/v23.0")
    sending.reload()
    requests = [sending.request(lena, **step) for step in STEP_BY.values()]
    for request in requests:
        await sending.put_off(request)
        assert (await sending.delivery(request)).state == "retrying"
    monkeypatch.undo()
    for name, value in sending.sandbox.environment().items():
        monkeypatch.setenv(name, value)
    sending.reload()
    for request in requests:
        assert isinstance(await sending.deliver(request, attempt=2), Sent)


@pytest.mark.parametrize(
    ("channel", "answer", "code"),
    [
        ("email", "554 5.6.0 Message refused", "smtp.5.6.0"),
        ("whatsapp", 400, "whatsapp_cloud.100"),
        ("whatsapp", 131049, "whatsapp_cloud.131049"),
    ],
)
async def test_what_the_vendor_will_never_take_is_rejected_once_and_the_address_stays(
    small_sending: Sending, channel: str, answer: Answer, code: str
) -> None:
    sending = small_sending
    request = await answered(sending, channel, answer)
    result = await sending.deliver(request)
    assert isinstance(result, Rejected)
    assert (result.code, (await sending.delivery(request)).state) == (code, "rejected")
    assert await sending.deliver(request, attempt=2) == result  # though the vendor would take it now
    assert sending.received(request) == 0
    assert all(row.active for row in await sending.rows(Address))
    assert (await sending.spans(request))[-1][:2] == (f"send {channel}", "rejected")


SET_UP_WRONG = [
    ("email", "554 5.7.26 unauthenticated", "smtp.5.7.26"),
    ("push", "PERMISSION_DENIED", "fcm.PERMISSION_DENIED"),
    ("whatsapp", 190, "whatsapp_cloud.190"),
]


@pytest.mark.parametrize(("channel", "answer", "code"), SET_UP_WRONG)
async def test_what_only_our_settings_keep_from_leaving_is_held_until_they_are_mended(
    small_sending: Sending, channel: str, answer: Answer, code: str
) -> None:
    sending = small_sending
    request = await answered(sending, channel, answer)
    error = await sending.put_off(request)
    assert (error.type, error.next_retry_delay) == (code, timedelta(seconds=15))
    assert (await sending.delivery(request)).state == "retrying"
    assert isinstance(await sending.deliver(request, attempt=2, after=timedelta(minutes=1)), Sent)
    assert sending.received(request) == 1


@pytest.mark.parametrize(("channel", "answer", "code"), SET_UP_WRONG[:2])
async def test_what_nobody_mends_for_a_day_is_rejected(
    small_sending: Sending, channel: str, answer: Answer, code: str
) -> None:
    """Of the two the first is told by the vendor again, the second by the pause of the channel."""
    sending = small_sending
    request = await answered(sending, channel, answer, times=9)
    await sending.put_off(request, after=timedelta(hours=23, minutes=59, seconds=50))
    result = await sending.deliver(request, attempt=2, after=timedelta(hours=24))
    assert isinstance(result, Rejected)
    assert code in f"{result.code} {result.reason}"
    assert (await sending.delivery(request)).state == "rejected"
    assert sending.received(request) == 0


@pytest.mark.parametrize(
    ("channel", "answer"),
    [("push", "UNREGISTERED"), ("email", "550 5.1.1 User unknown"), ("whatsapp", 131026)],
)
async def test_a_dead_address_is_never_used_again(sending: Sending, channel: str, answer: Answer) -> None:
    lena = await sending.shopper()
    sending.sandbox.faults.add(recipient=address(lena, channel), answer=answer)
    first = await sending.deliver(sending.request(lena, **STEP_BY[channel]))
    assert isinstance(first, Rejected)
    dead = [row for row in await sending.rows(Address) if not row.active]
    assert [(row.value, row.why_inactive) for row in dead] == [(address(lena, channel), first.code)]
    second = await sending.deliver(sending.request(lena, run="run-2", **STEP_BY[channel]))
    assert second.outcome == "denied"
    assert second.reason.startswith("the customer has no ")


@pytest.mark.parametrize("accident", ["drop", "half", "garbled"])
@pytest.mark.parametrize("channel", ["email", "push", "whatsapp"])
async def test_a_message_taken_without_an_answer_is_unknown_and_never_sent_again(
    small_sending: Sending, channel: str, accident: str
) -> None:
    sending = small_sending
    request = await answered(sending, channel, accident)
    result = await sending.deliver(request)
    assert isinstance(result, Unknown)
    for attempt in (2, 3):
        assert await sending.deliver(request, attempt) == result
    row = await sending.delivery(request)
    assert (row.state, row.attempts, row.provider_id) == ("unknown", 1, None)
    assert sending.received(request) == 1
    assert [name for name, *_ in await sending.spans(request)] == ["policy evaluate", f"send {channel}"]


async def test_an_attempt_that_finds_its_own_reservation_does_not_send(sending: Sending) -> None:
    """The worker was lost between the two transactions; nobody knows whether the message left."""
    lena = await sending.shopper()
    request = sending.request(lena)
    sent = await sending.deliver(request)
    async with sending.database.transaction() as session:
        row = await session.get(Delivery, key_of(request))
        assert row is not None
        row.state, row.provider_id, row.sent_at = "reserved", None, None
        session.add(row)
    result = await sending.deliver(request, attempt=2)
    assert isinstance(sent, Sent)
    assert isinstance(result, Unknown)
    row = await sending.delivery(request)
    assert (row.state, row.code) == ("unknown", "worker.lost")
    assert sending.received(request) == 1


async def test_two_attempts_at_the_same_time_send_once(sending: Sending) -> None:
    """Temporal gave up on an attempt that still runs on a slow machine, and started another one."""
    for number in range(4):
        shopper = await sending.shopper(f"s{number}")
        request = sending.request(shopper)
        await sending.deliver_all([request, request])
        assert sending.received(request) == 1
        assert (await sending.delivery(request)).attempts == 1


async def test_the_same_attempt_written_twice_is_one_line_of_the_timeline(small_sending: Sending) -> None:
    sending = small_sending
    lena = await sending.shopper()
    request = sending.request(lena)
    first = await sending.deliver(request)
    before = await sending.spans(request)
    assert await sending.deliver(request, attempt=2) == first
    assert await sending.spans(request) == before
