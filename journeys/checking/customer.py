"""What is known of the customer before a run: what `events.yaml` declares, and what is worked out from events."""

from journeys.checking.kinds import BOOLEAN, STRING, TIMESTAMP, Kind, declared, known_events
from journeys.features import FEATURES
from journeys.shapes import Shapes

OWN = {"id": STRING, "time_zone": STRING, "locale": STRING}


def customer_kind(shapes: Shapes) -> Kind:
    """What conditions see of the customer. Where no attributes are declared, there may be any."""
    attributes = {key: declared(inner) for key, inner in (shapes.customer or {}).items()}
    fields = {**attributes, **OWN, **FEATURES, "events": _events(shapes)}
    return Kind("object", fields, open=shapes.customer is None)


CONSENTS = Kind("object", item=Kind("object", item=BOOLEAN))


def segment_scope(shapes: Shapes) -> dict[str, Kind]:
    """What the condition of a segment may use: the customer, with what they allow, and the time."""
    customer = customer_kind(shapes)
    fields = {**(customer.fields or {}), "consents": CONSENTS}
    return {"customer": Kind("object", fields, open=customer.open), "now": TIMESTAMP}


def _events(shapes: Shapes) -> Kind:
    """The counts of events, by those names that there are."""
    counts, names = FEATURES["events"].item, known_events(shapes)
    assert counts is not None, "events are counted"
    return Kind("object", None if names is None else dict.fromkeys(names, counts), item=counts)
