"""Each time the guard speaks, what every policy said is kept with what it looked at; it goes with the customer."""

from datetime import timedelta

from policies.inputs import Inputs
from store.erasing import begin_erasure, finish_erasure
from store.outcomes import OutcomeFact, record_outcomes
from store.tables import AuditEntry
from tests.faults.sending import NOON, OFFER, Sending, Shopper, key_of


async def verdicts(sending: Sending) -> list[AuditEntry]:
    return [entry for entry in await sending.rows(AuditEntry) if entry.kind == "verdict"]


def spoke(entry: AuditEntry) -> dict[str, str]:
    return {one["policy"]: one["verdict"] for one in entry.facts["policies"]}


async def test_a_message_that_leaves_has_the_word_of_every_policy(sending: Sending) -> None:
    request = sending.request(await sending.shopper())
    await sending.deliver(request)
    [entry] = await verdicts(sending)
    assert (entry.subject, entry.customer_id) == (f"delivery:{key_of(request)}", "c_lena")
    assert entry.facts["verdict"] == "allow"
    assert spoke(entry).keys() == {
        "suppression", "consent", "quiet_hours", "frequency_cap", "discount_cap", "autonomy",
    }  # fmt: skip
    assert all(one["version"] for one in entry.facts["policies"])


async def test_a_message_that_is_denied_is_kept_with_the_reason(small_sending: Sending) -> None:
    await small_sending.deliver(small_sending.request(await small_sending.shopper(email=False)))
    [entry] = await verdicts(small_sending)
    assert (entry.facts["verdict"], spoke(entry)["consent"]) == ("deny", "deny")
    assert entry.evidence["verdict"]["reason"] == "the customer withdrew consent to marketing by email"


async def test_what_a_person_is_asked_and_what_waits_is_kept_too(small_sending: Sending) -> None:
    lena = await small_sending.shopper()
    night = NOON + timedelta(hours=12)
    await small_sending.deliver(small_sending.request(lena, now=night))
    await small_sending.deliver(small_sending.request(lena, **OFFER))
    assert [entry.facts["verdict"] for entry in await verdicts(small_sending)] == ["hold", "needs_approval"]


async def test_the_facts_are_those_that_the_policies_had(small_sending: Sending) -> None:
    sending, lena = small_sending, await small_sending.shopper()
    first = sending.request(lena)
    await sending.deliver(first)
    async with sending.database.transaction() as session:
        await record_outcomes(
            session, [OutcomeFact(key_of(first), lena.id, "failed", NOON + timedelta(minutes=1), "5.1.0")]
        )
    await sending.deliver(sending.request(lena, run="run-2", now=NOON + timedelta(hours=1)))
    inputs = Inputs.model_validate((await verdicts(sending))[1].evidence["inputs"])
    [before] = inputs.facts.contacts
    assert (before.channel, before.failed, before.code) == ("email", True, "smtp.5.1.0")
    assert (inputs.horizon_days, inputs.facts.time_zone, len(inputs.facts.consents)) == (32, "Europe/Berlin", 3)


async def test_nothing_of_the_verdict_but_who_said_what_outlives_the_customer(sending: Sending) -> None:
    lena: Shopper = await sending.shopper()
    await sending.deliver(sending.request(lena))
    async with sending.database.transaction() as session:
        await begin_erasure(session, lena.id, by="priya", suppress_addresses=False, at=NOON)
    async with sending.database.transaction() as session:
        await finish_erasure(session, lena.id, NOON)
    [entry] = await verdicts(sending)
    assert (entry.evidence, entry.facts["verdict"]) == ({}, "allow")
