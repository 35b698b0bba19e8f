"""An explanation tells which event, by which rule, made ids one person's."""

from starter.ingestion.provenance import IdentityStory, explain_identity
from store.tables import Merge
from tests.identity.conftest import Shop, alias, identify, view

MAIL = {"email": "lena@example.com"}


async def story(shop: Shop, customer_id: str) -> IdentityStory:
    async with shop.database.reading() as session:
        found = await explain_identity(session, customer_id)
    assert found is not None
    return found


async def test_the_chain_of_evidence_leads_from_the_first_event_to_the_merge(shop: Shop):
    await shop.takes(identify(user="lena", anonymous="a1"))
    await shop.takes(identify(anonymous="a2", traits=MAIL))
    await shop.takes(identify(user="lena", traits=MAIL))
    lena = await shop.customer("lena")
    (merge,) = await shop.all(Merge)
    told = await story(shop, merge.gone_id)
    assert (told.customer_id, told.formerly) == (lena.id, (merge.gone_id,))
    assert {(i.kind, i.value, i.event_id) for i in told.ids} == {
        ("user", "lena", "m1"), ("anonymous", "a1", "m1"), ("email", "lena@example.com", "m2"),
        ("anonymous", "a2", "m2"),
    }  # fmt: skip
    last = told.chain[-1]
    assert (last.rule, last.event_id, last.merge_id) == ("linked", "m3", merge.id)
    assert last.reason == (
        "an event named the user id lena and email lena@example.com; the one who is gone had no stronger id"
    )


async def test_an_id_that_changed_hands_is_told_by_both(shop: Shop):
    await shop.takes(view(user="lena", anonymous="a1"), view(user="omar", anonymous="a1"))
    lena, omar = await shop.customer("lena"), await shop.customer("omar")
    for customer in (lena, omar):
        (moved,) = [e for e in (await story(shop, customer.id)).chain if e.rule == "moved"]
        assert moved.customers == (omar.id, lena.id)
        assert "the anonymous id a1 came from" in moved.reason


async def test_a_refused_alias_and_an_undone_merge_stay_told(shop: Shop):
    await shop.takes(identify(user="lena"), identify(user="omar"), alias("lena", "omar"))
    lena, omar = await shop.customer("lena"), await shop.customer("omar")
    await shop.unmerge(await shop.merge(lena.id, omar.id))
    told = await story(shop, lena.id)
    assert {e.rule for e in told.chain} >= {"refused", "person", "undone"}
    assert told.apart_from == (omar.id,)


async def test_of_nobody_nothing_is_told(shop: Shop):
    async with shop.database.reading() as session:
        assert await explain_identity(session, "c_nobody") is None
