"""What a proposal says of a planner that would take over: by the recorded decisions, in words."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from journeys.model import Journey
from starter.changes.evidence import WeakEvidence, what_speaks_for
from starter.runs.publishing import published
from store.database import Database
from store.tables import Customer
from store.versions import live_versions, publish
from tests import seeding
from tests.activities.test_learning import decision

THEN = datetime.now(UTC) - timedelta(days=30)


def winback(**planner: Any) -> Journey:
    nudge = {
        "choose": "nudge",
        "features": {"vip": "customer.vip"},
        "options": [{"option": "mail"}, {"option": "push"}],
        **planner,
    }
    return Journey.model_validate(
        {
            "journey": "winback",
            "start": {"event": "Cart Abandoned"},
            "steps": [nudge],
            "owner": "maria@shop.example",
        }
    )


def always(option: str) -> Journey:
    return winback(planner="rules", settings={"rules": [{"choose": option}]})


async def _decided(database: Database, decisions: int) -> None:
    """A planner that explores is live; every second of its decisions was a mail, and only mails were worth 1."""
    async with database.transaction() as session:
        await publish(session, winback(planner="sampler"), "the project's files", THEN)
        session.add_all(Customer(id=f"c_{number}", traits={}, created_at=THEN) for number in range(decisions))
        await session.flush()
        for number in range(decisions):
            mail = number % 2 == 0
            made = decision(
                number,
                "mail" if mail else "push",
                customer_id=f"c_{number}",
                decided_at=THEN,
                workflow_id=f"w{number}",
            )
            made.closed, made.reward, made.credit = True, float(mail), float(mail)
            session.add(made)


async def test_a_planner_that_the_log_speaks_for_is_proposed_with_its_interval(database: Database) -> None:
    await _decided(database, 1_200)
    shown = await what_speaks_for(database, always("mail"))
    assert not shown.is_weak
    assert shown.text.startswith(
        "'rules' at 'nudge' would take over.\n  By 1200 decisions of the last 90 days, worth"
    )
    assert " ".join(shown.text.split()).endswith("The evidence suffices.")
    assert max(map(len, shown.text.splitlines())) <= 80


async def test_a_planner_that_brings_less_or_has_a_short_log_is_weak(sqlite_database: Database) -> None:
    await _decided(sqlite_database, 200)
    worse = " ".join((await what_speaks_for(sqlite_database, always("push"))).text.split())
    assert "Weak: the log is worth 100 of its own decisions, and 500 are asked" in worse
    assert "Weak: it may be no better" in worse


async def test_what_the_log_cannot_tell_is_weak(sqlite_database: Database) -> None:
    await _decided(sqlite_database, 20)
    blind = winback(planner="random", features={"age": "customer.age"})
    shown = await what_speaks_for(sqlite_database, blind)
    assert shown.is_weak
    assert "Weak: It looks at other features than the log has" in shown.text


async def test_without_a_planner_that_takes_over_there_is_nothing_to_say(sqlite_database: Database) -> None:
    await _decided(sqlite_database, 2)
    assert (await what_speaks_for(sqlite_database, winback())).text == ""


async def test_weak_evidence_needs_a_reason_whoever_reviews(sqlite_database: Database) -> None:
    await _decided(sqlite_database, 20)
    weak = await what_speaks_for(sqlite_database, always("push"))
    with pytest.raises(WeakEvidence, match='--without-evidence "WHY"'):
        weak.why("")
    assert weak.why("mails cost more now") == "without evidence: mails cost more now"


async def test_a_weak_planner_in_the_folder_is_not_live_though_nobody_reviews(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await _decided(sqlite_database, 20)
    services, before = await seeding.services(sqlite_database), winback(planner="sampler")
    services.journeys["winback"] = always("push")
    assert not services.project.review
    with caplog.at_level(logging.WARNING):
        async with published(services):
            assert services.journeys["winback"].version == before.version
    async with sqlite_database.reading() as session:
        assert (await live_versions(session))["winback"] == before.version
    assert "'rules' at 'nudge' would take over" in caplog.text
