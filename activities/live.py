"""What a worker judges by, and how it is replaced while the worker runs."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Part = TypeVar("Part")


@dataclass
class Live(Generic[Part]):
    """A part of the project that may be replaced by a later version at any moment. Whoever needs it to be one and
    the same for some time takes `now` once."""

    now: Part
