"""What customers say about consent: all of it is kept, the latest counts, a topic is left alone."""

from datetime import UTC, datetime, timedelta

from starter.ingestion.profile import read_profile
from store.consents import consents_of, keep_statements, statements_of, withdraw_consent
from store.database import Database
from store.tables import ConsentStatement
from tests import seeding

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)


def said(granted: bool, ago: int = 0, **more: object) -> ConsentStatement:
    """What Lena said about marketing by email, so many hours ago."""
    given = {"customer_id": "c_lena", "channel": "email", "purpose": "marketing", "source": "form", "evidence": {}}
    return ConsentStatement.model_validate(
        {**given, "granted": granted, "at": NOW - timedelta(hours=ago), "topic": "", **more}
    )


async def test_every_word_is_kept_and_the_latest_counts(database: Database):
    await seeding.put(database, seeding.customer())
    async with database.transaction() as session:
        proof = {"event": "m1", "proof": {"text": "v3"}}
        await keep_statements(session, [said(True, ago=3, evidence=proof), said(False, ago=1)])
        await keep_statements(session, [said(True, ago=2)])
    async with database.reading() as session:
        (record,) = await consents_of(session, "c_lena")
        history = await statements_of(session, "c_lena")
    assert (record.granted, record.at) == (False, NOW - timedelta(hours=1))
    assert [statement.granted for statement in history] == [False, True, True]
    assert history[-1].evidence == proof


async def test_a_repetition_that_proves_nothing_new_is_not_kept(database: Database):
    await seeding.put(database, seeding.customer())
    async with database.transaction() as session:
        await keep_statements(session, [said(True, ago=hours) for hours in (3, 2, 1)])
        await keep_statements(session, [said(True, evidence={"proof": "a new form"})])
    async with database.reading() as session:
        assert len(await statements_of(session, "c_lena")) == 2
        assert (await consents_of(session, "c_lena"))[0].at == NOW


async def test_a_provider_that_was_told_to_stop_withdraws_the_channel(database: Database):
    await seeding.put(database, seeding.customer())
    async with database.transaction() as session:
        await keep_statements(session, [said(True, ago=1)])
        await withdraw_consent(session, "c_lena", "email", "twilio_sms.21610", NOW)
    async with database.reading() as session:
        (record,) = await consents_of(session, "c_lena")
    assert (record.granted, record.source) == (False, "twilio_sms.21610")


def test_leaving_a_topic_says_nothing_about_the_channel():
    (change,) = read_profile("Topic Left", {"topic": "weekly", "source": "preference page"}, {}, {}).consents
    assert (change.topic, change.channel, change.granted) == ("weekly", "", False)
    assert change.source == "preference page"


def test_a_topic_that_is_not_named_is_not_left():
    assert read_profile("Topic Left", {"topic": "No Such"}, {}, {}).consents == ()
    assert read_profile("Topic Left", {}, {}, {}).consents == ()


def test_the_evidence_of_a_consent_comes_with_its_event():
    given = {"channel": "email", "source": "checkout form", "evidence": {"text": "v3", "ip": "203.0.113.7"}}
    (change,) = read_profile("Subscribed", given, {}, {}).consents
    assert (change.source, change.proof) == ("checkout form", {"text": "v3", "ip": "203.0.113.7"})


async def test_a_confirmation_stays_until_the_consent_is_withdrawn(database: Database):
    await seeding.put(database, seeding.customer())
    found: list[bool] = []
    for statement in (said(True, 5), said(True, 4, confirmed=True), said(True, 3), said(False, 2), said(True, 1)):
        async with database.transaction() as session:
            await keep_statements(session, [statement])
            (record,) = await consents_of(session, "c_lena")
            found.append(record.confirmed)
    assert found == [False, True, True, False, False]


async def test_what_is_implied_for_a_while_takes_nothing_from_what_was_said_for_good(database: Database):
    await seeding.put(database, seeding.customer())
    soon, later = NOW + timedelta(days=1), NOW + timedelta(days=730)
    found: list[datetime | None] = []
    for statement in (
        said(True, 5, until=soon),
        said(True, 4, until=later),
        said(True, 3),
        said(True, 2, until=soon),
    ):
        async with database.transaction() as session:
            await keep_statements(session, [statement])
            (record,) = await consents_of(session, "c_lena")
            found.append(record.until)
    assert found == [soon, later, None, None]


def test_an_event_tells_whether_a_consent_was_confirmed_and_when_it_ends():
    given = {"channel": "email", "confirmed": True, "until": "2028-03-03T12:00:00+01:00"}
    (change,) = read_profile("Subscribed", given, {}, {}).consents
    assert (change.confirmed, change.until) == (True, datetime(2028, 3, 3, 11, tzinfo=UTC))
    assert read_profile("Subscribed", {**given, "until": "in two years"}, {}, {}).consents == ()
    (taken,) = read_profile("Unsubscribed", given, {}, {}).consents
    assert (taken.granted, taken.confirmed, taken.until) == (False, False, None)
