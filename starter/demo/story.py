"""The story as it unfolds: what has happened to whom. The conductor writes it, the views read it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from starter.demo.shoppers import Kind, Shopper


@dataclass(frozen=True)
class Received:
    """A message that reached a shopper. `at` is the time of their run, in UTC."""

    kind: Kind | None
    channel: str
    title: str
    at: datetime


@dataclass(frozen=True)
class Happening:
    """Something worth telling. `at` is on the shopper's own clock."""

    at: datetime
    shopper: str
    text: str


@dataclass
class Part:
    """One shopper's part in the story. Times are in UTC."""

    shopper: Shopper
    viewed_at: datetime
    now: datetime
    last: str = ""
    last_at: datetime | None = None
    """When the last thing told of them happened, in UTC."""
    waits_for: str = ""
    workflow_id: str = ""
    trace_id: str = ""
    customer_id: str = ""
    outcome: str = ""
    """How the run ended; empty while it goes on."""
    is_asked: bool = False
    """Whether a question about this shopper waits for a person now."""
    received: list[Received] = field(default_factory=list[Received])

    def has_lived(self, so_long: timedelta) -> None:
        """So much time has passed for the shopper since they viewed the product, or more."""
        self.now = max(self.now, self.viewed_at + so_long)

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.shopper.zone))


class Story:
    """All parts, and what happened so far in the order in which it was noticed."""

    def __init__(self, shoppers: list[Shopper], now: datetime) -> None:
        self.parts = [Part(shopper=shopper, viewed_at=now, now=now) for shopper in shoppers]
        self.happenings: list[Happening] = []
        self.listener: Callable[[Happening], None] | None = None
        """Told of each happening as it comes, besides."""

    def tell(self, part: Part, text: str, at: datetime | None = None) -> None:
        """Something happened to a shopper, at `at` or now."""
        # A run's clock stands while a person decides, but the shopper lives on: nothing after is told as earlier.
        part.last_at = max(at or part.now, part.last_at or part.viewed_at)
        happening = Happening(part.local(part.last_at), part.shopper.name, text)
        part.last = text
        self.happenings.append(happening)
        if self.listener:
            self.listener(happening)

    @property
    def played(self) -> timedelta:
        """How much of the shoppers' time has passed, for whoever is furthest."""
        return max(part.now - part.viewed_at for part in self.parts)

    @property
    def asked(self) -> int:
        """How many questions wait for a person."""
        return sum(part.is_asked for part in self.parts)
