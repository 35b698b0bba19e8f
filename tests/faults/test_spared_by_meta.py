"""Meta's word that a customer had enough marketing (131049) brings a rest, whichever way it comes."""

import shutil
from datetime import timedelta

import pytest

from journeys.parts import Offer
from store.outcomes import OutcomeFact, record_outcomes
from tests.approving import approve_content
from tests.faults.sending import NOON, OFFER, Sending, Shopper, key_of
from workflows.ports import DeliverRequest, Denied, Rejected, Sent

# Two per cent, so that nobody has to approve it.
MARKETING = OFFER | {
    "offer": Offer(discount=2),
    "policies": {"whatsapp_window": {"per_day": 9, "per_week": 9}},
}
RESTING = Denied(
    reason="Meta spared the customer a marketing message (131049); there is none for a day after that"
)


def whatsapp(sending: Sending, lena: Shopper, run: str, after: timedelta) -> DeliverRequest:
    return sending.request(lena, run=run, now=NOON + after, **MARKETING)


@pytest.mark.parametrize("told", ["at the send", "later"])
async def test_a_customer_whom_meta_spared_a_message_is_left_alone_for_a_day(sending: Sending, told: str) -> None:
    sending.edit("policies.yaml", "    - {most: 1, within: 1d, channel: whatsapp}\n", "")
    lena = await sending.shopper()
    first = whatsapp(sending, lena, "run-1", timedelta())
    if told == "at the send":
        sending.sandbox.faults.add(recipient=lena.phone, answer=131049)
        assert isinstance(await sending.deliver(first), Rejected)
    else:
        assert isinstance(await sending.deliver(first), Sent)
        async with sending.database.transaction() as session:
            await record_outcomes(session, [OutcomeFact(key_of(first), lena.id, "failed", NOON, "131049")])

    assert await sending.deliver(whatsapp(sending, lena, "run-2", timedelta(hours=23))) == RESTING
    assert isinstance(await sending.deliver(whatsapp(sending, lena, "run-3", timedelta(hours=25))), Sent)


async def test_a_message_that_left_by_mail_in_its_place_is_not_forgotten_to_be_refused(
    small_sending: Sending,
) -> None:
    content = small_sending.folder / "content"
    for mail in (content / "browse-reminder").glob("email.*"):
        shutil.copy(mail, content / "browse-offer")
    approve_content(small_sending.folder)
    small_sending.reload()
    lena = await small_sending.shopper()
    small_sending.sandbox.faults.add(recipient=lena.phone, answer=131049)
    either = whatsapp(small_sending, lena, "run-1", timedelta())
    either = either.model_copy(update={"channels": ("whatsapp", "email")})

    sent = await small_sending.deliver(either)

    assert isinstance(sent, Sent)
    assert sent.channel == "email"
    row = await small_sending.delivery(either)
    assert (row.state, row.code) == ("sent", "")
    assert [(one["channel"], one["code"]) for one in row.refusals] == [("whatsapp", "whatsapp_cloud.131049")]
    assert await small_sending.deliver(whatsapp(small_sending, lena, "run-2", timedelta(hours=23))) == RESTING
