"""What a rehearsal plays, and what its story says. Everything in it is real but the vendors and the time."""

from typing import Any

import pytest

from starter.rehearsal.model import Entry
from starter.rehearsal.player import RehearsalFailed
from starter.rehearsal.story import Story
from starter.rehearsal.testing import Rehearse
from tests.conftest import RETAIL
from tests.rehearsal.conftest import JOURNEY, LENA, VIEWED, Lena

REHEARSALS = sorted(RETAIL.parent.glob("*/rehearsals/*.yaml"))


def the(story: Story, what: str) -> Entry:
    """The only entry of its kind."""
    (entry,) = [entry for entry in story.entries if entry.what == what]
    return entry


@pytest.mark.parametrize("file", REHEARSALS, ids=lambda file: f"{file.parents[1].name}-{file.stem}")
async def test_every_example_comes_out_as_it_expects(rehearsal: Rehearse, file: Any):
    await rehearsal(file)


async def test_an_outcome_of_a_message_moves_the_journey(lena_views: Lena):
    opened, unopened = {"at": "50m", "opened": "reminder"}, {"at": "50m", "event": "Page Viewed"}

    assert (await lena_views(opened)).sent == ["reminder", "second_look"]
    assert (await lena_views(unopened)).sent == ["reminder", "related"]


async def test_a_message_says_what_it_is_to_whom_and_what_allowed_it(lena_views: Lena):
    story = await lena_views({"at": "1h", "event": "Order Completed", "products": [{"product_id": "lumen-2"}]})

    assert the(story, "sent") == Entry(
        at="day 1 14:30",
        what="sent",
        step="reminder",
        channel="email",
        to="l•••@example.com",
        says="The Lumen 2 tent is still here",
        why="allowed by suppression, consent, quiet_hours, frequency_cap, discount_cap, autonomy",
    )


async def test_what_comes_in_the_quiet_hours_is_held_until_they_end(lena_views: Lena):
    story = await lena_views(start="monday 20:45")

    held, sent = the(story, "held"), next(entry for entry in story.entries if entry.what == "sent")
    assert (held.at, held.step, held.why) == ("day 1 21:15", "reminder", "quiet hours until Tue 08:00")
    assert (sent.at, sent.step) == ("day 2 08:00", "reminder")


async def test_a_person_who_may_decides_and_is_named(lena_views: Lena):
    story = await lena_views({"at": "day 2 10:20", "approve": "offer"})

    offer = next(entry for entry in story.entries if entry.step == "offer" and entry.what == "sent")
    assert offer.at == "day 2 10:20"
    assert (offer.why or "").endswith("approved by ada@northwind.example")


async def test_a_rejection_is_told_with_its_reason(lena_views: Lena):
    story = await lena_views({"at": "day 2 10:20", "reject": "offer", "reason": "Had one last month"})

    assert the(story, "rejected").why == "Had one last month"
    assert "offer" not in story.sent


async def test_the_author_may_not_approve_in_a_rehearsal_either(lena_views: Lena):
    story = await lena_views({"at": "day 2 10:20", "approve": "offer", "by": "maria@northwind.example"})

    assert "You wrote this journey" in (the(story, "refused").why or "")
    assert "offer" not in story.sent


@pytest.mark.parametrize(
    ("happening", "why"),
    [
        ({"at": "10m", "opened": "reminder"}, "opened: reminder: nothing was sent by this step yet"),
        ({"at": "10m", "approve": "offer"}, "someone approves offer: nobody was asked about it yet"),
    ],
)
async def test_what_comes_too_early_does_not_count(lena_views: Lena, happening: dict[str, Any], why: str):
    assert the(await lena_views(happening), "refused").why == why


async def test_nobody_decides_in_time(lena_views: Lena):
    story = await lena_views()

    assert the(story, "asked").at == "day 2 10:00"
    assert the(story, "expired").at == "day 3 10:00"


async def test_a_goal_ends_the_run_where_it_is(lena_views: Lena):
    story = await lena_views({"at": "1h", "event": "Order Completed", "products": [{"product_id": "lumen-2"}]})

    ended = the(story, "ended")
    assert (ended.at, ended.step, ended.why) == ("day 1 15:00", "wait_3", "goal: goal reached: Order Completed")


async def test_what_a_run_does_in_a_minute_comes_before_what_the_customer_does_in_it(lena_views: Lena):
    story = await lena_views({"at": "30m", "event": "Unsubscribed"})

    assert story.sent == ["reminder"]
    assert story.outcome == "opt_out"


async def test_who_has_not_consented_gets_nothing(lena_views: Lena):
    story = await lena_views(consents=["whatsapp"])

    assert story.sent == []
    denied = next(entry for entry in story.entries if entry.what == "denied")
    assert denied.why == "the customer never consented to marketing by email"


async def test_a_customer_may_change_on_the_way(lena_views: Lena):
    story = await lena_views({"at": "1h", "customer": {"consents": ["push"]}}, consents=["email"])

    assert story.sent == ["reminder", "related"]


async def test_where_no_journey_starts_nothing_comes(rehearsal: Rehearse):
    story = await rehearsal(JOURNEY, customer=LENA, events=[{"at": "0m", "event": "Page Viewed"}])

    assert (story.entries, story.outcome) == ([], "")


async def test_it_says_the_same_every_time(lena_views: Lena):
    first, second = await lena_views(), await lena_views()

    assert first.entries == second.entries


@pytest.mark.parametrize(
    ("happening", "why"),
    [
        ({"at": "19h", "opened": "related"}, "A message over push is never 'opened'"),
        ({"at": "2035-01-07 10:00", "event": "Page Viewed"}, "lies before the start"),
        ({"at": "day 2 10:20", "approve": "offer", "by": "eve@example.com"}, "is none of the people"),
    ],
)
async def test_what_cannot_happen_is_told(lena_views: Lena, happening: dict[str, Any], why: str):
    with pytest.raises(RehearsalFailed, match=why):
        await lena_views(happening)


async def test_a_start_in_the_past_is_told(rehearsal: Rehearse):
    with pytest.raises(RehearsalFailed, match="time can only be skipped forwards"):
        await rehearsal(JOURNEY, customer=LENA, events=[VIEWED], start="2020-01-06 14:00")
