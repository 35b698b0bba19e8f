"""How bad a guardrail is."""

from enum import IntEnum


class Level(IntEnum):
    """Worse ones are greater."""

    CALM = 0
    WARN = 1
    """Tell the operators."""
    ACT = 2
    """Roll back to business as usual, and lower the autonomy tier."""
