"""What vendors tell becomes outcomes, events and consent, once, whatever the order; strangers change nothing."""

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from sqlalchemy.exc import OperationalError

from sandbox.callbacks.model import Signed
from sandbox.callbacks.sendgrid import SendGridCaller
from sandbox.callbacks.whatsapp import WhatsAppCaller
from starter.webhooks.doors import LARGEST_CALL
from starter.webhooks.registry import path_of
from store.database import Database
from store.digests import digest
from store.tables import (
    Address,
    AuditEntry,
    ConsentRecord,
    Delivery,
    EventRecord,
    OutboxEntry,
    Refusal,
    Suppression,
    WaitingReport,
    WebhookTally,
)
from tests import seeding
from tests.webhooks.conftest import MAIL, PHONE, CalledShop, about, delivery


async def sent(shop: CalledShop, delivery_id: str = "d_1", channel: str = "whatsapp", **changes: object) -> None:
    await seeding.put(shop.services.database, delivery(delivery_id, channel, **changes))


async def test_a_report_moves_the_delivery_and_is_an_event_on_its_way_to_the_journeys(shop: CalledShop) -> None:
    await sent(shop)

    answer = await shop.told("whatsapp", "opened", about("d_1", "vendor-d_1"))

    assert (answer.status_code, answer.content) == (200, b"")
    assert (await shop.one(Delivery)).state == "opened"
    event = await shop.one(EventRecord)
    assert (event.name, event.customer_id) == ("Message Read", "c_lena")
    assert event.properties == {"delivery_id": "d_1", "channel": "whatsapp", "provider": "whatsapp"}
    assert (await shop.one(OutboxEntry)).seq == event.seq


async def test_why_a_message_did_not_arrive_is_kept_until_it_arrives(small_shop: CalledShop) -> None:
    await sent(small_shop)
    await small_shop.told("whatsapp", "failed", about("d_1", "vendor-d_1"))
    failed = await small_shop.one(Delivery)
    assert (failed.state, failed.code) == ("failed", "vendor.131049")

    await small_shop.told("whatsapp", "delivered", about("d_1", "vendor-d_1"))
    assert (await small_shop.one(Delivery)).code == ""


async def test_a_replayed_call_changes_nothing(small_shop: CalledShop) -> None:
    await sent(small_shop, channel="email")
    path = path_of("sendgrid", seeding.SECRET)
    signed = small_shop.callers["sendgrid"].call(path, "clicked", about("d_1", "vendor-d_1", MAIL))

    assert [(await small_shop.posts(path, signed)).status_code for _ in range(3)] == [200, 200, 200]

    event = await small_shop.one(EventRecord)
    assert (event.name, event.properties["url"]) == ("Email Link Clicked", "https://northwind.example/p/1")


async def test_a_report_that_comes_before_the_send_returned_waits_for_it(shop: CalledShop) -> None:
    await sent(shop, state="reserved", provider_id=None, sent_at=None)
    message = about(vendor_id="wamid.1")  # without our own id, as a template sent by hand would be
    await shop.told("whatsapp", "delivered", message)
    await shop.told("whatsapp", "opened", message)
    assert len(await shop.all(WaitingReport)) == 2
    assert await shop.reception.match_waiting() == 0

    row = await shop.one(Delivery)
    row.state, row.provider_id = "sent", "wamid.1"
    await seeding.put(shop.services.database, row)

    assert await shop.reception.match_waiting() == 2
    assert (await shop.one(Delivery)).state == "opened"
    assert {event.name for event in await shop.all(EventRecord)} == {"Message Delivered", "Message Read"}
    assert await shop.all(WaitingReport) == []


@pytest.mark.parametrize("state", ["reserved", "unknown"])
async def test_our_own_id_settles_a_delivery_that_may_or_may_not_have_left(state: str, shop: CalledShop) -> None:
    await sent(shop, "d_1", "sms", state=state, code="worker.lost", provider_id=None, sent_at=None)

    answer = await shop.told("twilio", "accepted", about("d_1", "SM1"))

    assert (answer.text, answer.headers["content-type"]) == ("<Response/>", "text/xml; charset=utf-8")
    row = await shop.one(Delivery)
    assert (row.state, row.code, row.provider_id) == ("sent", "", "SM1")
    assert row.sent_at is not None
    assert await shop.all(EventRecord) == []  # that the vendor has it is news to nobody


async def test_reports_in_the_wrong_order_give_the_same_state(small_shop: CalledShop) -> None:
    await sent(small_shop, channel="email")
    for what in ("clicked", "deferred", "delivered", "accepted", "opened"):
        await small_shop.told("postmark", what, about("d_1", "vendor-d_1", MAIL)) if what != "accepted" else None
    assert (await small_shop.one(Delivery)).state == "clicked"
    assert len(await small_shop.all(EventRecord)) == 4


@pytest.mark.parametrize("vendor", ["sendgrid", "postmark", "ses"])
async def test_an_address_that_bounced_hard_is_never_used_again(vendor: str, small_shop: CalledShop) -> None:
    await sent(small_shop, channel="email")

    await small_shop.told(vendor, "bounced soft", about("d_1", "vendor-d_1", MAIL))
    assert await small_shop.all(Suppression) == []
    await small_shop.told(vendor, "bounced hard", about("d_1", "vendor-d_1", MAIL.upper()))

    suppressed = await small_shop.one(Suppression)
    assert (suppressed.kind, suppressed.digest) == ("email", digest("email", MAIL))
    assert (suppressed.reason, suppressed.source.partition(".")[0]) == ("hard_bounce", vendor)
    assert [event.properties["bounce"] for event in await small_shop.all(EventRecord)] == ["soft", "hard"]


async def test_a_complaint_silences_the_address_and_wins_over_everything(small_shop: CalledShop) -> None:
    await sent(small_shop, channel="email")
    await small_shop.told("ses", "complained", about("d_1", "vendor-d_1", MAIL))
    await small_shop.told("ses", "clicked", about("d_1", "vendor-d_1", MAIL))
    assert (await small_shop.one(Delivery)).state == "complained"
    assert (await small_shop.one(Suppression)).reason == "complaint"


async def test_what_a_machine_opened_counts_as_delivered_only(small_shop: CalledShop) -> None:
    await sent(small_shop, channel="email")
    await small_shop.told("sendgrid", "opened by a machine", about("d_1", "vendor-d_1", MAIL))
    assert (await small_shop.one(Delivery)).state == "delivered"
    assert (await small_shop.one(EventRecord)).name == "Email Machine Opened"


@pytest.mark.parametrize(
    ("vendor", "channel", "address"), [("whatsapp", "whatsapp", PHONE), ("twilio", "sms", PHONE)]
)
async def test_who_writes_stop_is_unsubscribed_and_may_come_back(
    vendor: str, channel: str, address: str, small_shop: CalledShop
) -> None:
    await small_shop.told(vendor, "unsubscribed", about(recipient=address))
    consent = await small_shop.one(ConsentRecord)
    assert (consent.channel, consent.purpose, consent.granted) == (channel, "marketing", False)
    assert [e.name for e in await small_shop.all(EventRecord)] == ["Message Replied", "Unsubscribed"]

    await small_shop.told(vendor, "resubscribed", about(recipient=address))
    assert (await small_shop.one(ConsentRecord)).granted


async def test_an_answer_belongs_to_the_message_it_answers(shop: CalledShop) -> None:
    await sent(shop, "d_1", reserved_at=datetime.now(UTC) - timedelta(days=9))
    await sent(shop, "d_2")
    await shop.told("whatsapp", "replied with a button", about(vendor_id="vendor-d_1"))
    await shop.told("whatsapp", "replied", about())  # to nothing in particular: to the last one
    told = [(e.properties["delivery_id"], e.properties.get("button")) for e in await shop.all(EventRecord)]
    assert told == [("d_1", "KEEP"), ("d_2", None)]


async def test_who_hides_their_number_is_known_by_the_id_that_a_report_about_them_brought(
    small_shop: CalledShop,
) -> None:
    await sent(small_shop)
    hidden = "DE.13491208655302741918"
    await small_shop.told("whatsapp", "opened", about("d_1", "vendor-d_1", hidden))

    await small_shop.told("whatsapp", "unsubscribed", about(recipient=hidden))

    [known] = [a for a in await small_shop.all(Address) if a.kind == "whatsapp_user_id"]
    assert (known.customer_id, known.value) == ("c_lena", hidden)
    assert [(c.channel, c.granted) for c in await small_shop.all(ConsentRecord)] == [("whatsapp", False)]


@pytest.mark.parametrize("before", [PHONE, "DE.13491208655302741918"])
async def test_who_takes_another_number_is_written_to_at_the_new_one(before: str, small_shop: CalledShop) -> None:
    """Meta tells the new number, or of someone who hides it the new id alone; the old ones may soon be others'."""
    hidden = Address(
        customer_id="c_lena",
        kind="whatsapp_user_id",
        value="DE.13491208655302741918",
        updated_at=datetime.now(UTC),
    )
    await seeding.put(small_shop.services.database, hidden)

    await small_shop.told("whatsapp", "moved", about(recipient=before))

    live = {(a.kind, a.value) for a in await small_shop.all(Address) if a.active and a.kind != "email"}
    number = "+4915199900011" if before == PHONE else PHONE
    assert live == {("phone", number), ("whatsapp_user_id", "DE.20000000000000000001")}
    event = await small_shop.one(EventRecord)
    assert (event.name, event.properties) == ("Address Changed", {"channel": "whatsapp", "provider": "whatsapp"})


async def test_who_writes_after_days_of_silence_answers_nothing(small_shop: CalledShop) -> None:
    await sent(small_shop, reserved_at=datetime.now(UTC) - timedelta(days=9))
    await small_shop.told("whatsapp", "replied", about())
    event = await small_shop.one(EventRecord)
    assert (event.name, "delivery_id" in event.properties) == ("Message Replied", False)


async def test_a_report_about_another_channel_does_not_touch_the_delivery(small_shop: CalledShop) -> None:
    """The first channel failed late, when the message had already gone over the second."""
    await sent(small_shop, channel="sms")
    await small_shop.told("whatsapp", "failed", about("d_1", "wamid.1"))
    assert (await small_shop.one(Delivery)).state == "sent"
    assert await small_shop.all(EventRecord) == []


async def test_what_we_do_not_know_is_counted_and_what_we_cannot_read_is_kept(shop: CalledShop) -> None:
    caller = cast(SendGridCaller, shop.callers["sendgrid"])
    now = int(datetime.now(UTC).timestamp())
    await sent(shop, channel="email")
    good = f'{{"event": "open", "timestamp": {now}, "sg_event_id": "x", "delivery_id": "d_1"}}'
    bodies = (b'[{"event": "moonrise", "timestamp": 1, "sg_event_id": "y"}]', b"[{}, %b]" % good.encode(), b"{")
    answers = [await shop.posts(path_of("sendgrid", seeding.SECRET), caller.sign(body, now)) for body in bodies]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    await shop.reception.tidy_up()
    tallies = {tally.what: tally.count for tally in await shop.all(WebhookTally)}
    assert (tallies["calls"], tallies["opened"], tallies["unknown: moonrise"]) == (3, 1, 1)
    assert sorted(refusal.raw for refusal in await shop.all(Refusal)) == ["{", "{}"]
    assert (await shop.one(EventRecord)).name == "Email Opened"


async def test_whoever_guesses_the_address_or_signs_badly_changes_nothing(small_shop: CalledShop) -> None:
    await sent(small_shop)
    caller = cast(WhatsAppCaller, small_shop.callers["whatsapp"])
    path = path_of("whatsapp", seeding.SECRET)
    signed = caller.call(path, "delivered", about("d_1", "vendor-d_1"))
    forged = Signed({**signed.headers, "X-Hub-Signature-256": "sha256=" + "0" * 64}, signed.body)

    assert (await small_shop.posts(path[:-1] + ("A" if path[-1] != "A" else "B"), signed)).status_code == 404
    assert (await small_shop.posts(path_of("sms-vendor", seeding.SECRET), signed)).status_code == 404
    assert [(await small_shop.posts(path, forged)).status_code for _ in range(3)] == [403, 403, 403]
    await small_shop.services.attempts.refusals.tell()
    told = [entry for entry in await small_shop.all(AuditEntry) if entry.subject.startswith("door:webhook:")]
    assert [(entry.kind, entry.facts["reason"], entry.facts["count"]) for entry in told] == [
        ("refusal", "not proved", 1),
        ("refusal", "not proved", 2),
    ]
    assert (await small_shop.posts(path, Signed(signed.headers, b"x" * (LARGEST_CALL + 1)))).status_code == 413

    assert (await small_shop.one(Delivery)).state == "sent"
    assert await small_shop.all(EventRecord) == []


async def test_meta_checks_the_address_with_a_get(small_shop: CalledShop) -> None:
    path, caller = path_of("whatsapp", seeding.SECRET), cast(WhatsAppCaller, small_shop.callers["whatsapp"])
    answer = await small_shop.client.get(path, params=caller.check("1158201444"))
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert (await small_shop.client.get(path, params={"hub.mode": "subscribe"})).status_code == 404


async def test_without_a_database_the_vendor_is_asked_to_come_again(
    small_shop: CalledShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sent(small_shop)

    def away(self: Database) -> None:
        raise OperationalError("select", {}, Exception("the server is gone"))

    with monkeypatch.context() as gone:
        gone.setattr(Database, "transaction", away)
        answer = await small_shop.told("whatsapp", "delivered", about("d_1", "vendor-d_1"))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert (await small_shop.told("whatsapp", "delivered", about("d_1", "vendor-d_1"))).status_code == 200
    assert (await small_shop.one(Delivery)).state == "delivered"


async def test_what_nothing_ever_matches_is_forgotten_and_counted(shop: CalledShop) -> None:
    await shop.told("whatsapp", "delivered", about(vendor_id="of somebody else"))
    waiting = await shop.one(WaitingReport)
    waiting.received_at -= timedelta(days=2)
    await seeding.put(shop.services.database, waiting)
    await shop.reception.tidy_up()
    assert await shop.all(WaitingReport) == []
    tallies = {tally.what: tally.count for tally in await shop.all(WebhookTally)}
    assert tallies["about no message of ours"] == 1
