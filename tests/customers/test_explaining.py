"""Why a journey did not start for a customer, each rule by itself, told from what the store knows."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from journeys.events import SEGMENT_ENTERED
from journeys.ids import workflow_id
from journeys.loader import load_journeys
from starter.customers.explaining import Explainer, NoSuchJourney
from starter.services import Services
from store.database import Database
from store.tables import Address, Customer, EventRecord, Membership, OutboxEntry, Run, Span
from tests import seeding
from tests.seeding import NOW

LENA = "c_lena"
CARTS = """
journey: carts
owner: maria@northwind.example
start: {START}
steps:
  - wait: 1h
"""


async def why(database: Database, folder: Path, start: str, *rows: Any) -> tuple[str, list[str]]:
    """The verdict on Lena and the journey, and the reasons, with these rows in the store."""
    text = CARTS.replace("{START}", start)
    (folder / "carts.yaml").write_text(text, encoding="utf-8")
    shop = await seeding.services(database)
    services = Services(**vars(shop) | {"journeys": load_journeys(folder)})
    lena = Customer(id=LENA, traits={"plan": "free"}, created_at=NOW - timedelta(days=30))
    await seeding.put(database, lena, *rows)
    [answer] = (await Explainer(services).explain(LENA, "carts")).journeys
    return answer.verdict, answer.why


def added(seq: int = 10, **properties: Any) -> EventRecord:
    return EventRecord(
        seq=seq,
        id=f"e_{seq}",
        customer_id=LENA,
        name="Product Added",
        properties=properties,
        occurred_at=NOW,
        received_at=NOW,
    )


def run(started_days_ago: int, **changes: Any) -> Run:
    given: dict[str, Any] = {
        "workflow_id": workflow_id("carts", LENA, ""),
        "journey": "carts",
        "version": "1",
        "customer_id": LENA,
        "start_seq": 1,
        "state": "closed",
        "outcome": "completed",
        "started_at": NOW - timedelta(days=started_days_ago),
    }
    return Run(**given | changes)


async def test_the_event_never_came(sqlite_database: Database, tmp_path: Path) -> None:
    assert await why(sqlite_database, tmp_path, "{event: Product Added}") == (
        "did not enter",
        ["no event 'Product Added' of theirs was ever accepted"],
    )


async def test_the_condition_was_false(sqlite_database: Database, tmp_path: Path) -> None:
    start = "{event: Product Added, where: \"event.price > 100 && customer.plan == 'pro'\"}"
    assert await why(sqlite_database, tmp_path, start, added(price=20)) == (
        "did not enter",
        [
            "'event.price > 100' is not true: event.price is 20",
            "'customer.plan == 'pro'' is not true: customer.plan is 'free'",
        ],
    )


async def test_it_may_not_start_again_so_soon(sqlite_database: Database, tmp_path: Path) -> None:
    start = "{event: Product Added, again: after 7d}"
    verdict, [reason] = await why(sqlite_database, tmp_path, start, added(), run(3))
    assert verdict == "did not enter"
    assert reason.startswith("for the same key it starts again 'after 7d', and they were in it on ")


async def test_a_run_is_open_already(sqlite_database: Database, tmp_path: Path) -> None:
    verdict, [reason] = await why(
        sqlite_database, tmp_path, "{event: Product Added}", added(), run(1, state="open", outcome="")
    )
    assert (verdict, reason[:36]) == ("is in it", "a run for the same key is open since")


async def test_its_cap_was_reached(sqlite_database: Database, tmp_path: Path) -> None:
    other = Customer(id="c_tom", traits={}, created_at=NOW)
    toms = run(0, customer_id="c_tom", workflow_id="carts:c_tom:-")
    start = "{event: Product Added, most: {starts: 1, within: 1d}}"
    assert await why(sqlite_database, tmp_path, start, other, added(), toms) == (
        "did not enter",
        ["it starts at most 1 times within 1d, and had started 1 times"],
    )


async def test_they_were_kept_back_for_comparison(sqlite_database: Database, tmp_path: Path) -> None:
    held = run(0, start_seq=10, outcome="holdout")
    assert await why(sqlite_database, tmp_path, "{event: Product Added}", added(), held) == (
        "was kept back for comparison",
        ["they are among the share of customers that the journey leaves alone"],
    )


async def test_it_was_out_of_season(sqlite_database: Database, tmp_path: Path) -> None:
    start = "{event: Product Added, to: 2020-01-31}"
    verdict, [reason] = await why(sqlite_database, tmp_path, start, added())
    assert (verdict, reason[:38]) == ("did not enter", "it starts to 2020-01-31, and that day ")


async def test_its_key_cannot_be_told(sqlite_database: Database, tmp_path: Path) -> None:
    start = "{event: Product Added, key: event.product_id}"
    assert (await why(sqlite_database, tmp_path, start, added()))[1] == [
        "its key 'event.product_id' cannot be told from the event"
    ]


async def test_the_event_waits_or_could_not_be_delivered(sqlite_database: Database, tmp_path: Path) -> None:
    dead = OutboxEntry(seq=10, customer_id=LENA, dead=True, last_error="too large")
    _, reasons = await why(sqlite_database, tmp_path, "{event: Product Added}", added(), dead)
    assert reasons == ["the event could not be delivered (too large); see 'sojourn event dead list'"]


async def test_they_are_not_in_its_segment(sqlite_database: Database, tmp_path: Path) -> None:
    start = "{segment: \"customer.plan == 'pro'\"}"
    assert (await why(sqlite_database, tmp_path, start))[1] == [
        "they are not in its segment: 'customer.plan == 'pro'' is not true: customer.plan is 'free'"
    ]


async def test_they_are_in_it_since(sqlite_database: Database, tmp_path: Path) -> None:
    member = Membership(segment="journey:carts", customer_id=LENA, member=True, since=NOW, version="1")
    entered = added(segment="journey:carts", because="time")
    entered.name = SEGMENT_ENTERED
    verdict, [reason] = await why(
        sqlite_database, tmp_path, "{segment: \"customer.plan == 'free'\"}", entered, member, run(0, start_seq=10)
    )
    assert (verdict, reason.endswith("and ended: completed")) == ("was in it", True)


async def test_a_journey_that_was_changed_since_says_so(sqlite_database: Database, tmp_path: Path) -> None:
    _, [reason] = await why(sqlite_database, tmp_path, "{event: Product Added}", added())
    assert reason.endswith("the journey or the customer was changed after the event")


async def test_a_message_that_a_policy_forbade_names_the_policy(sqlite_database: Database) -> None:
    shop = await seeding.services(sqlite_database)
    told = Span(
        span_id="s1",
        trace_id="t1",
        workflow_id=seeding.run_ref().workflow_id,
        step_id="reminder",
        name="policy evaluate",
        kind="internal",
        started_at=NOW,
        ended_at=NOW,
        outcome="denied",
        detail="no consent for email",
        attributes={"journey.policy.findings": "consent: deny; quiet_hours: allow"},
        links=[],
    )
    dead = Address(
        customer_id=LENA, kind="email", value="l@example.com", active=False, why_inactive="bounced", updated_at=NOW
    )
    await seeding.put(sqlite_database, seeding.customer(), seeding.run(seeding.run_ref()), told, dead)
    found = await Explainer(shop).explain(LENA)
    [message] = found.messages
    assert (message.step_id, message.outcome, message.why) == ("reminder", "denied", "no consent for email")
    assert message.policies == "consent: deny; quiet_hours: allow"
    assert "email: there is no live email: bounced" in found.reach
    assert "email: they never said yes to marketing" in found.reach


async def test_a_mistyped_journey_is_told_with_what_was_meant(sqlite_database: Database) -> None:
    shop = await seeding.services(sqlite_database)
    await seeding.put(sqlite_database, seeding.customer())
    with pytest.raises(NoSuchJourney, match="cart-recovery"):
        await Explainer(shop).explain(LENA, "cart-recovry")
