"""Where somebody is, as far as anybody knows."""

from policies.model.fact import Fact


class Place(Fact):
    """A country as an ISO 3166 code, and a region of it as ISO 3166-2 ends it, such as `TX`; empty if unknown."""

    country: str = ""
    region: str = ""
