"""What a planner puts into the slots of a mail: one decision, logged with the delivery, the same ever after."""

from datetime import timedelta

from sqlmodel import select

from store.tables import PlannerDecision
from tests.faults.sending import Sending, Shopper
from workflows.ports import ApprovalTerms, Asked, DeliverRequest, Sent

SURFACES = """
  newsletter:
    slots:
      hero:
        planner: random
        variants: [{content: home-club, if: customer.orders.count > 0}, home-autumn, home-tested]
"""
TITLES = {"home-autumn": "The first frost", "home-tested": "Every pair of boots"}


def with_slots(sending: Sending) -> Sending:
    """The reminder begins with a slot that a planner fills."""
    with (sending.folder / "surfaces.yaml").open("a") as surfaces:
        surfaces.write(SURFACES)
    shown = "{% block body %}{% for part in slots.hero %}{{ part.title }}. {% endfor %}"
    mail = "content/browse-reminder/email"
    sending.edit(f"{mail}.html.j2", "purpose: marketing", "purpose: marketing\nsurface: newsletter")
    for kind in ("html", "txt"):
        sending.edit(f"{mail}.{kind}.j2", "{% block body %}", shown)
    return sending


async def the_decision(sending: Sending) -> PlannerDecision:
    async with sending.database.reading() as session:
        [row] = (await session.exec(select(PlannerDecision))).all()
    return row


def asking(sending: Sending, lena: Shopper) -> DeliverRequest:
    terms = ApprovalTerms(
        group="marketing", author="maria@northwind.example", within=timedelta(hours=24), otherwise="skip"
    )
    return sending.request(lena, approval=terms)


async def test_the_pick_of_a_slot_is_logged_with_its_probability_when_its_mail_leaves(
    small_sending: Sending,
) -> None:
    sending = with_slots(small_sending)
    lena = await sending.shopper()

    assert isinstance(await sending.deliver(sending.request(lena)), Sent)

    row = await the_decision(sending)
    assert (row.journey, row.decision, row.step_id, row.steps) == (
        "surface.newsletter", "hero", "reminder.hero", ["reminder"],
    )  # fmt: skip
    assert (row.workflow_id, row.customer_id) == (f"browse-abandonment:{lena.id}:run-1", lena.id)
    assert (row.probability, row.options) == (0.5, ["home-autumn", "home-tested"])
    assert row.closed_options == {"home-club": "only if customer.orders.count > 0"}
    [message] = sending.sandbox.mailbox.messages
    assert TITLES[row.option] in str(message.content)


async def test_what_a_person_was_shown_in_a_slot_is_what_leaves_hours_later(small_sending: Sending) -> None:
    sending = with_slots(small_sending)
    request = asking(sending, await sending.shopper())

    asked = await sending.deliver(request)
    assert isinstance(asked, Asked)
    shown = await the_decision(sending)

    assert isinstance(await sending.deliver(sending.granted(request, asked, after=timedelta(hours=6))), Sent)
    assert (await the_decision(sending)).id == shown.id
