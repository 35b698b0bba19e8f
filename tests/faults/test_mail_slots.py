"""What a planner puts into the slots of a mail: one decision, logged with the delivery, the same ever after."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urlsplit

import httpx
import pytest
from sqlmodel import select

from activities.planning.learning import Learning
from project.model import Tracking
from starter.app import create_app
from store.tables import Delivery, EventRecord, Guardrail, PlannerDecision
from tests import seeding
from tests.faults.sending import NOON, Sending, Shopper
from workflows.ports import ApprovalTerms, Asked, DeliverRequest, LearnRequest, Sent

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


@pytest.mark.parametrize("stopped", ["as usual", "rolled back"])
async def test_a_mails_slots_are_filled_as_written_where_its_journey_goes_as_usual(
    small_sending: Sending, stopped: str
) -> None:
    sending = with_slots(small_sending)
    lena = await sending.shopper()
    if stopped == "rolled back":
        row = Guardrail(
            journey="browse-abandonment", channel="email", name="complaints", state="tripped", value=1, limit=1,
            why="a storm", since=NOON, looked_at=NOON,
        )  # fmt: skip
        await seeding.put(sending.database, row)

    request = sending.request(lena, as_usual=stopped == "as usual")
    assert isinstance(await sending.deliver(request), Sent)

    row = await the_decision(sending)
    assert (row.planner, row.option, row.probability) == ("fixed", "home-autumn", 1.0)
    assert row.why.startswith("business as usual")


async def test_what_a_person_was_shown_in_a_slot_is_what_leaves_hours_later(small_sending: Sending) -> None:
    sending = with_slots(small_sending)
    request = asking(sending, await sending.shopper())

    asked = await sending.deliver(request)
    assert isinstance(asked, Asked)
    shown = await the_decision(sending)

    assert isinstance(await sending.deliver(sending.granted(request, asked, after=timedelta(hours=6))), Sent)
    assert (await the_decision(sending)).id == shown.id


TWO_SLOTS = """
  newsletter:
    slots:
      hero: {planner: random, variants: [home-autumn, home-welcome-offer]}
      rail: {planner: random, variants: [home-club]}
"""
LINKS = """{% block body %}
{% for part in slots.hero %}<a href="{{ part.action_url }}">{{ part.action_label }}</a>{% endfor %}
{% for part in slots.rail %}<a href="{{ brand.url }}/club?from=mail"><b>{{ part.title }}</b></a>{% endfor %}
"""


async def links_in_the_mail(sending: Sending) -> dict[str, str]:
    """The links of the mail that arrived which lead through us, by what they are of: a content, or empty."""
    [message] = sending.sandbox.mailbox.messages
    html = str(message.content["html"])
    tags = re.findall(r'<a (?:data-part="([^"]*)" )?href="([^"]*/c/[^"]*)"', html)
    return {part: urlsplit(unescape(url)).path for part, url in tags}


async def an_hour_ago(sending: Sending) -> None:
    """The mail was sent, and what stands in it decided, an hour before now."""
    then = datetime.now(UTC) - timedelta(hours=1)
    async with sending.database.transaction() as session:
        for row in (await session.exec(select(PlannerDecision))).all():
            row.decided_at, row.closes_at = then, then + timedelta(days=1)
        for row in (await session.exec(select(Delivery))).all():
            row.reserved_at = row.sent_at = then


async def test_a_click_counts_for_the_slot_whose_part_holds_the_link_and_elsewhere_for_none(
    small_sending: Sending,
) -> None:
    sending, mail = small_sending, "content/browse-reminder/email"
    with (sending.folder / "surfaces.yaml").open("a") as surfaces:
        surfaces.write(TWO_SLOTS)
    with (sending.folder / "sojourn.yaml").open("a") as project:
        project.write("\ntracking: {clicks: true}\n")
    sending.edit(f"{mail}.html.j2", "purpose: marketing", "purpose: marketing\nsurface: newsletter")
    sending.edit(f"{mail}.html.j2", "{% block body %}", LINKS)
    assert isinstance(await sending.deliver(sending.request(await sending.shopper())), Sent)
    await an_hour_ago(sending)

    shop = await seeding.services(sending.database)
    shop = replace(shop, project=shop.project.model_copy(update={"tracking": Tracking(clicks=True)}))
    links = await links_in_the_mail(sending)
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    transport = httpx.ASGITransport(create_app(shop, dispatch=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop", headers=agent) as browser:
        await browser.get(links["home-club"])
        await browser.get(links[""])
    await Learning(sending.database).learn(LearnRequest(now=datetime.now(UTC)))

    rows = {row.decision: row for row in await sending.rows(PlannerDecision)}
    assert {name: [part["kind"] for part in row.parts] for name, row in rows.items()} == {
        "hero": [],
        "rail": ["clicked"],
    }
    [club, elsewhere] = [event for event in await sending.rows(EventRecord) if event.name == "Email Link Clicked"]
    assert (club.properties["position"], club.properties["promotion_id"]) == ("rail", "home-club")
    assert club.properties["decision_id"] == rows["rail"].id
    assert elsewhere.properties.keys() == {"delivery_id", "channel", "url"}
