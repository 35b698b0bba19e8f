"""Whose law counts in the United States: that of the state where somebody lives, and of their area code."""

from policies.model import Facts


def states_of(facts: Facts) -> frozenset[str]:
    """The postal codes of the states, such as `TX`; of someone in an unknown one it is empty; none outside the US.

    Who has an address and a number in two states has both: a number is taken along, and still callers are told to
    presume that it is where its area code is.
    """
    here = {place.region for place in (facts.place, facts.action.destination) if place.country == "US"}
    return frozenset(here - {""} or here)
