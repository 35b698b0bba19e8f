"""What `sojourn dev` suggests to send: an event of the project's own journeys."""

from journeys.model import Journey
from starter.cli.processes import event_to_try


def journey(name: str, **start: object) -> Journey:
    return Journey.model_validate({"journey": name, "owner": "maria", "start": start, "steps": [{"wait": "1d"}]})


def test_it_starts_the_first_journey_by_name():
    journeys = [journey("welcome", event="Signed Up"), journey("browse", event="Product Viewed", key="event.sku")]
    assert event_to_try(journeys) == ["  sojourn event send 'Product Viewed' --user anna --property sku=..."]


def test_a_journey_that_wants_more_than_an_event_is_passed_over():
    wants = journey("a", event="Logged In", where="event.login_count == 2")
    assert event_to_try([wants, journey("b", api=True)]) == []
    assert event_to_try([wants, journey("welcome", event="Signed Up")]) == [
        "  sojourn event send 'Signed Up' --user anna"
    ]
