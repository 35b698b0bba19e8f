"""Content whose time is over, about a product that is not sold, or with an offer that nobody bounded."""

from collections.abc import Iterator

from content.checks.subject import Subject
from yamlfile import Problem


def check(subject: Subject) -> Iterator[Problem]:
    """What its front matter says that no longer fits."""
    front = subject.variant.front
    if front.valid_until and front.valid_until <= subject.now:
        message = f"its time was over on {front.valid_until:%Y-%m-%d}"
        yield subject.tell(message, "give it another valid_until, or 'status: retired'")
    product = subject.catalogue.product(front.product) if front.product else None
    if front.product and product is None:
        yield subject.tell(f"the catalogue has no product '{front.product}'")
    if product and product.withdrawn:
        yield subject.tell(f"the product '{front.product}' is withdrawn", "name another, or 'status: retired'")
    if front.offer is None and any(name.partition(".")[0] == "offer" for name in subject.variant.used):
        yield subject.tell("it shows an offer, and nothing bounds it", "say at its head how much, as 'offer: 10%'")
