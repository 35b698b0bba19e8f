"""The first journey, read as its description reads."""

from datetime import timedelta

from journeys.course import Course
from journeys.loader import load_journey
from journeys.steps import Branch, Send, Wait
from tests.conftest import RETAIL

JOURNEY = load_journey(RETAIL / "journeys" / "browse-abandonment.yaml")
COURSE = Course(JOURNEY)


def send(step_id: str) -> Send:
    step = COURSE.step(step_id)
    assert isinstance(step, Send)
    return step


def test_it_starts_when_a_product_is_viewed_once_per_product_and_again_after_seven_days():
    assert JOURNEY.start.event == "Product Viewed"
    assert JOURNEY.start.key == "event.product_id"
    assert JOURNEY.start.again == timedelta(days=7)


def test_it_waits_thirty_minutes_four_hours_and_until_ten_the_next_day():
    waits = [step.wait for step in JOURNEY.steps if isinstance(step, Wait)]

    assert waits == ["30m", "4h", "next day at 10:00"]


def test_first_comes_an_email():
    assert COURSE.after(COURSE.step(COURSE.first)) == "reminder"
    assert (send("reminder").send, send("reminder").content) == (["email"], "browse-reminder")


def test_who_opened_but_did_not_click_gets_a_push_with_different_content_and_others_related_products():
    (branch,) = (step for step in JOURNEY.steps if isinstance(step, Branch))
    (case,) = branch.branch

    assert case.when == "run.reminder.opened && !run.reminder.clicked"
    assert COURSE.into(branch, case.then) == "second_look"
    assert COURSE.into(branch, branch.otherwise) == "related"
    assert (send("second_look").send, send("second_look").content) == (["push"], "browse-second-look")
    assert (send("related").send, send("related").content) == (["push"], "browse-related")


def test_last_comes_a_whatsapp_offer_of_ten_per_cent_for_a_day_that_a_person_approves():
    offer = send("offer")

    assert JOURNEY.steps[-1] == offer
    assert offer.send == ["whatsapp"]
    assert offer.offer is not None
    assert (offer.offer.discount, offer.offer.valid) == (10, timedelta(hours=24))
    assert offer.approval is not None
    assert offer.approval.group == "marketing"


def test_it_ends_when_the_very_product_is_bought():
    assert JOURNEY.goal is not None
    assert JOURNEY.goal.event == "Order Completed"
    assert "p.product_id == start.product_id" in JOURNEY.goal.where
