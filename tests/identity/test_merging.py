"""Two customers become one in the transaction of the event that says so, and can be told apart again."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel

from learning.features.document import view as view_features
from starter.ingestion.joined_features import HOW
from store.customers import lock_customer
from store.merging import KEPT, NotMerged
from store.tables import (
    Action,
    Address,
    AuditEntry,
    ConsentRecord,
    Customer,
    CustomerFeatures,
    EventRecord,
    IdentityChange,
    Membership,
    Merge,
    OutboxEntry,
    Run,
)
from tests import seeding
from tests.identity.conftest import NOW, Shop, alias, identify, view

MAIL = {"email": "lena@example.com"}


async def test_a_visitor_known_by_mail_becomes_the_user_with_that_mail(shop: Shop):
    await shop.takes(view(user="lena"))
    await shop.takes(identify(anonymous="a1", traits={**MAIL, "city": "Hamburg"}), view(anonymous="a1"))
    await shop.takes(identify(user="lena", traits={**MAIL, "name": "Lena"}))
    lena = await shop.customer("lena")
    assert await shop.people() == {frozenset({"user:lena", "anonymous:a1", "email"})}
    assert await shop.events(lena.id) == ["m1", "m2", "m3", "m4"]
    assert (lena.traits["city"], lena.traits["name"]) == ("Hamburg", "Lena")
    (merge,) = await shop.all(Merge)
    assert (merge.rule, merge.event_id, merge.kind, merge.by_kind, merge.by_value) == (
        "linked", "m4", "email", "user", "lena",
    )  # fmt: skip


async def test_after_a_merge_nothing_is_left_with_the_one_who_is_gone(shop: Shop):
    lena, gone = await two_full_customers(shop)
    await shop.merge(lena, gone)
    for table in [*(t for t in seeded_tables()), *HOW]:
        assert {row.customer_id for row in await shop.all(table)} == {lena}, table
    assert {(c.id, c.merged_into) for c in await shop.all(Customer)} == {(lena, None), (gone, lena)}


async def test_a_merge_that_is_undone_leaves_both_as_they_were(shop: Shop):
    lena, gone = await two_full_customers(shop)
    before = await everything(shop)
    merge = await shop.merge(lena, gone)
    await shop.unmerge(merge)
    assert await everything(shop) == before


async def test_merges_upon_merges_are_undone_from_the_last_one_on(shop: Shop):
    for user in ("lena", "omar", "ada"):
        await shop.takes(identify(user=user, traits={"first": user}))
    lena, omar, ada = [(await shop.customer(user)).id for user in ("lena", "omar", "ada")]
    before = await everything(shop)
    first = await shop.merge(lena, omar)
    second = await shop.merge(ada, lena)
    async with shop.database.transaction() as session:
        assert (await lock_customer(session, omar)).id == ada  # pyright: ignore[reportOptionalMemberAccess]
    with pytest.raises(NotMerged, match="undo that first"):
        await shop.unmerge(first)
    await shop.unmerge(second)
    await shop.unmerge(first)
    assert await everything(shop) == before


async def test_what_came_after_a_merge_stays_with_the_survivor(shop: Shop):
    await shop.takes(identify(user="lena"), identify(anonymous="a1", traits=MAIL))
    await shop.takes(identify(user="lena", traits=MAIL), view(anonymous="a1"))
    (merge,) = await shop.all(Merge)
    await shop.unmerge(merge)
    assert await shop.events(merge.survivor_id) == ["m1", "m3", "m4"]
    assert await shop.events(merge.gone_id) == ["m2"]


async def test_who_was_told_apart_stays_apart_though_the_same_event_comes_again(shop: Shop):
    await shop.takes(identify(user="lena"), identify(anonymous="a1", traits=MAIL))
    await shop.takes(identify(user="lena", traits=MAIL))
    (merge,) = await shop.all(Merge)
    await shop.unmerge(merge)
    await shop.takes(identify(user="lena", traits=MAIL))
    assert await shop.people() == {frozenset({"user:lena"}), frozenset({"anonymous:a1", "email"})}


async def test_features_are_counted_together_and_parted_with_what_came_since(shop: Shop):
    await shop.takes(view(user="lena"), view(anonymous="a1"), identify(anonymous="a1", traits=MAIL))
    await shop.takes(identify(user="lena", traits=MAIL), view(user="lena"))
    lena = (await shop.customer("lena")).id
    assert await views(shop) == {lena: 3}
    (merge,) = await shop.all(Merge)
    await shop.unmerge(merge)
    assert await views(shop) == {lena: 2, merge.gone_id: 1}


async def views(shop: Shop) -> dict[str, int]:
    """By customer, how many products were viewed, as features tell."""
    return {
        row.customer_id: view_features(row.document, NOW)["events"]["Product Viewed"]["count"]
        for row in await shop.all(CustomerFeatures)
    }


async def test_a_merge_is_undone_once_and_nobody_merges_with_themselves(shop: Shop):
    lena, gone = await two_full_customers(shop)
    merge = await shop.merge(lena, gone)
    with pytest.raises(NotMerged, match="one customer already"):
        await shop.merge(lena, gone)
    await shop.unmerge(merge)
    with pytest.raises(NotMerged, match="undone already"):
        await shop.unmerge(merge)
    with pytest.raises(NotMerged, match="there is no customer c_nobody"):
        await shop.merge(lena, "c_nobody")


async def test_of_two_words_about_consent_the_later_counts(shop: Shop):
    early, late = (NOW - timedelta(hours=hours) for hours in (3, 1))
    granted = {"type": "track", "event": "Subscribed", "properties": {"channel": "email"}}
    withdrawn = {"type": "track", "event": "Unsubscribed", "properties": {"channel": "email"}}
    await shop.takes({**granted, "userId": "lena", "timestamp": early.isoformat()})
    await shop.takes({**withdrawn, "userId": "omar", "timestamp": late.isoformat()})
    lena, omar = (await shop.customer("lena")).id, (await shop.customer("omar")).id
    await shop.merge(lena, omar)
    (record,) = await shop.all(ConsentRecord)
    assert (record.customer_id, record.granted) == (lena, False)


async def test_an_address_that_is_dead_for_one_is_dead_for_both(shop: Shop):
    await shop.takes(identify(user="lena", traits=MAIL), identify(user="omar", traits=MAIL))
    lena, omar = (await shop.customer("lena")).id, (await shop.customer("omar")).id
    dead = Address(
        customer_id=omar, kind="email", value="lena@example.com", active=False, why_inactive="550", updated_at=NOW
    )
    async with shop.database.transaction() as session:
        await session.merge(dead)
    await shop.merge(lena, omar)
    (address,) = await shop.all(Address)
    assert (address.customer_id, address.active, address.why_inactive) == (lena, False, "550")


async def test_events_of_one_batch_stay_with_whom_they_were_about_before_the_merge(shop: Shop):
    await shop.takes(identify(user="lena"), identify(anonymous="a1", traits=MAIL))
    await shop.takes(view(anonymous="a1"), identify(user="lena", traits=MAIL), view(anonymous="a1"))
    (merge,) = await shop.all(Merge)
    assert await shop.events(merge.survivor_id) == ["m1", "m2", "m3", "m4", "m5"]
    await shop.unmerge(merge)
    assert await shop.events(merge.gone_id) == ["m2", "m3"]


async def test_a_refused_alias_is_kept_as_evidence(shop: Shop):
    await shop.takes(identify(user="lena"), identify(user="omar"), alias("lena", "omar"))
    assert await shop.people() == {frozenset({"user:lena"}), frozenset({"user:omar"})}
    (kept,) = await shop.all(IdentityChange)
    assert (kept.rule, kept.value, kept.by_value) == ("refused", "omar", "lena")


def seeded_tables() -> list[type[SQLModel]]:
    return [EventRecord, OutboxEntry, Run, Action]


def test_every_table_that_names_a_customer_moves_or_is_combined():
    """A table whose key names its customer cannot simply move: it needs a rule in store/combining.py."""
    keyed = {
        table.name
        for table in SQLModel.metadata.sorted_tables
        if "customer_id" in table.primary_key.columns and table.name not in KEPT
    }
    combined = {str(table.__tablename__) for table in HOW}  # pyright: ignore
    assert keyed == combined


async def two_full_customers(shop: Shop) -> tuple[str, str]:
    """Two customers who differ, agree and contradict each other, and are given a row of what moves."""
    subscribed = {"type": "track", "event": "Subscribed"}
    await shop.takes(
        identify(user="lena", anonymous="a1", traits={**MAIL, "city": "Bern", "phone": "+41 44 668 18 00"}),
        {**subscribed, "userId": "lena"},
        identify(user="omar", anonymous="a2", traits={"email": "omar@example.com", "city": "Ulm", "plan": "pro"}),
        view(user="omar", context={"device": {"token": "fcm-1"}, "timezone": "Europe/Berlin", "locale": "de-DE"}),
        {**subscribed, "userId": "omar", "event": "Unsubscribed"},
    )
    lena, omar = (await shop.customer("lena")).id, (await shop.customer("omar")).id
    for number, owner in enumerate((lena, omar), start=1):
        await seeding.put(
            shop.database,
            Run(
                workflow_id=f"j:{owner}:-", journey="j", version="1", customer_id=owner, start_seq=number,
                state="open", started_at=NOW,
            ),
            Action(
                id=f"d_{owner}", workflow_id=f"j:{owner}:-", first_run_id="1", journey="j", step_id="s", pass_=0,
                customer_id=owner, tool="refund", given={}, state="done", result={}, reserved_at=NOW,
            ),
            Membership(segment="j", customer_id=owner, member=owner == omar, since=NOW, version="1"),
        )  # fmt: skip
    return lena, omar


async def everything(shop: Shop) -> dict[str, list[Any]]:
    """All that the store holds but the merges themselves, the log of them, and that two were told apart."""
    found: dict[str, list[Any]] = {}
    for table in SQLModel.__subclasses__():
        if table in (Merge, AuditEntry) or not hasattr(table, "__table__"):
            continue
        rows = [row.model_dump(exclude={"apart_from", "look_at"}) for row in await shop.all(table)]
        found[table.__name__] = sorted(rows, key=str)
    return found
