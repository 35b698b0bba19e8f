"""What outcomes make of a delivery does not depend on the order in which they come, nor on how often."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from store.outcomes import RANK, OutcomeFact, advance
from tests.webhooks.conftest import delivery

SENT = delivery("d_1").sent_at
OUTCOMES = ["sent", "failed", "delivered", "bounced", "opened", "clicked", "replied", "complained"]
FACTS = st.lists(st.tuples(st.sampled_from(OUTCOMES), st.integers(0, 5)), max_size=8)


def reduced(facts: list[tuple[str, int]], start: str) -> tuple[str, object, str]:
    row = delivery("d_1", state=start)
    for outcome, minute in facts:
        before = RANK[row.state]
        code = "131049" if outcome == "failed" else ""
        advance(row, OutcomeFact("d_1", "c_lena", outcome, SENT + timedelta(minutes=minute), code))
        assert RANK[row.state] >= before
    return row.state, row.outcome_at, row.code


@given(st.data(), FACTS, st.sampled_from(["reserved", "retrying", "unknown", "rejected"]))
def test_order_and_repetition_change_nothing(
    data: st.DataObject, facts: list[tuple[str, int]], start: str
) -> None:
    repeated = facts + data.draw(st.lists(st.sampled_from(facts), max_size=4) if facts else st.just([]))
    shuffled = data.draw(st.permutations(repeated))
    assert reduced(shuffled, start) == reduced(facts, start)
