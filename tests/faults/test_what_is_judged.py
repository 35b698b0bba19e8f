"""What policies are told of a message is what its content, its journey and its planner say of it."""

from datetime import UTC, datetime, timedelta

from policies.inputs import Inputs
from policies.model import Action as Judged
from store.tables import Action, AuditEntry
from tests.faults.sending import NOON, PUSH, Sending, key_of
from workflows.ports import DeliverRequest, Denied

SAID = """language: en
topic: trails
categories: [alcohol]
valid_from: 2026-01-01T00:00:00+00:00
valid_until: 2026-12-31T00:00:00+00:00
"""


async def judged(sending: Sending, request: DeliverRequest) -> Judged:
    """What the guard told the policies, as the audit log keeps it."""
    await sending.deliver(request)
    [entry] = [e for e in await sending.rows(AuditEntry) if e.subject == f"delivery:{key_of(request)}"]
    return Inputs.model_validate(entry.evidence["inputs"]).facts.action


async def test_policies_are_told_all_that_is_said_of_a_message(small_sending: Sending) -> None:
    small_sending.edit("content/browse-reminder/email.html.j2", "language: en\n", SAID)
    lena = await small_sending.shopper()

    told = await judged(small_sending, small_sending.request(lena, priority=70, confidence=0.4))

    assert (told.topic, told.language, told.purpose) == ("trails", "en", "marketing")
    assert "alcohol" in told.categories
    assert (told.valid_from, told.valid_until) == (
        datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC),
    )  # fmt: skip
    assert (told.priority, told.confidence, told.one_click) == (70, 0.4, True)


async def test_only_a_mail_can_be_left_with_one_click(small_sending: Sending) -> None:
    lena = await small_sending.shopper()

    assert (await judged(small_sending, small_sending.request(lena, **PUSH))).one_click is False


async def test_what_business_actions_gave_counts_against_what_messages_may_cost(small_sending: Sending) -> None:
    lena = await small_sending.shopper()
    gave = Action(
        id="a-1", workflow_id="w", first_run_id="r", journey="browse-abandonment", step_id="s", pass_=0,
        customer_id=lena.id, tool="refund", given={}, amount=9.99, currency="EUR", state="done", result={},
        reserved_at=NOON - timedelta(hours=1),
    )  # fmt: skip
    async with small_sending.database.transaction() as session:
        session.add(gave)
    budget = {"budget": {"money": "10 EUR", "costs": {"email": "0.02 EUR"}}}

    result = await small_sending.deliver(small_sending.request(lena, policies=budget))

    assert result == Denied(
        reason="it costs 0.02 EUR, and 0.01 is left of the journey's budget of 10 EUR in 1 day"
    )
