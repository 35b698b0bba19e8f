"""Business as usual: a journey without its planners, for the share of customers with whom it is compared, and for
all while one of its guardrails is tripped."""

from journeys.assignment import share

AS_USUAL = "as-usual"
"""The arm of those customers, and the comparison with them. No split may have the name."""
PLANNER = "fixed"
"""What decides for them: options are taken in the order they are written."""
COMPARED = "business as usual, for comparison"
"""Why it decides for them."""


def goes_as_usual(journey: str, percent: float | None, customer_id: str) -> bool:
    """Whether a customer is one of so many per cent for whom no planner decides: for ever the same ones."""
    return percent is not None and share(f"{AS_USUAL}:{journey}", customer_id) < percent / 100
