"""How intervals read at the terminal: an estimate with its bounds."""

from collections.abc import Mapping

Given = Mapping[str, float]
"""`estimate`, `low` and `high`."""


def points(given: Given) -> str:
    """A difference of shares, in percentage points."""
    return "{estimate:+.2%} ({low:+.2%} to {high:+.2%})".format(**given)


def share(given: Given) -> str:
    """A lift."""
    return "{estimate:+.1%} ({low:+.1%} to {high:+.1%})".format(**given)


def amount(given: Given) -> str:
    """Money, or a number of something."""
    return "{estimate:+,.2f} ({low:+,.2f} to {high:+,.2f})".format(**given)
