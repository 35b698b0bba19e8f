"""What other policies would have said of business actions that a worker judged, from what it kept of them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from policies.registry import load_policies, with_always
from starter.judging.preview import Changed, Preview, preview
from store.tables import AuditEntry
from tests.activities.conftest import HALF, UNASKED, Desk, refund, rows

TODAY = """
budget: {money: 500 EUR}
autonomy:
  group: support
  tiers:
    - {tier: full, tool: refund, amount_up_to: 30 EUR}
    - {tier: supervised, tool: refund, amount_above: 30 EUR}
"""
RULE = "rules: {r: {when: action.amount > %s, message: too much, verdict: %s}}\n"
CHANGES = {
    TODAY.replace("30", "10"): [("refund", "allow", "needs_approval", "a person of 'support' (supervised)")],
    TODAY.replace("supervised", "human"): [
        ("refund", "needs_approval", "asked_otherwise", "a person of 'support' (human)")
    ],
    TODAY.replace("amount_above: 30 EUR", "amount_above: 30 EUR, people: 2"): [
        ("refund", "needs_approval", "asked_otherwise", "2 people of 'support' (supervised)")
    ],
    TODAY.replace("30", "50"): [("refund", "needs_approval", "allow", "a person of 'support' (supervised)")],
    TODAY.replace("500", "35"): [("refund", "needs_approval", "deny", "")],
    TODAY + RULE % (30, "deny"): [("refund", "needs_approval", "deny", "")],
    TODAY + RULE % (10, "hold"): [("refund", "allow", "deny", "")],
    TODAY.replace("budget: {money: 500 EUR}", "consent: {}"): [],
}
"""By a changed policies.yaml, what would have been otherwise of refunds of 20 and of 40."""


async def judged_again(desk: Desk, written: str) -> Preview:
    async def entries() -> AsyncIterator[AuditEntry]:
        for entry in await rows(desk.database, AuditEntry):
            if entry.kind == "verdict":
                yield entry

    return await preview(with_always(load_policies(Path("policies.yaml"), written)), entries())


def told(one: Changed) -> tuple[str, str, str, str]:
    return one.what, one.was, one.would_be, one.why[0].asks


async def test_refunds_are_judged_again_by_whoever_may_do_them_and_who_must_agree(desk: Desk):
    shop = replace(desk, policies=load_policies(Path("policies.yaml"), TODAY))
    for number, amount in enumerate((20.0, 40.0)):
        await shop.act(refund(given=HALF | {"amount": amount}, approval=UNASKED, pass_=number))

    assert (await judged_again(shop, TODAY)).same == 2
    for written, changes in CHANGES.items():
        found = await judged_again(shop, written)
        assert ([told(one) for one in found.changed], found.untold) == (changes, []), written


async def test_what_business_actions_gave_is_not_guessed_where_it_was_not_kept(desk: Desk):
    shop = replace(
        desk, policies=load_policies(Path("policies.yaml"), TODAY.replace("budget: {money: 500 EUR}", ""))
    )
    await shop.act(refund(given=HALF | {"amount": 20.0}, approval=UNASKED))

    [untold] = (await judged_again(shop, TODAY)).untold

    assert untold.why == ["budget looks at spending, which was not kept"]
