"""A model of shoppers: who they are, what they do, and what each must receive.

It is a model and no recording: no public clickstream could be shipped (docs/demo.md says which were
considered). The seed varies names, products and times; every way through the journey is always taken by
someone. What a shopper must receive is written here by hand, and not derived from the journey.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random  # noqa: TID251 seeded, and far from any workflow
from typing import Any, Literal

import yamlfile
from starter.demo.zones import zone_where_it_is

Kind = Literal["reminder", "second look", "related", "offer"]
"""The messages of the journey, as a shopper would tell them apart."""
Cue = Kind | Literal["viewed", "asked"]
"""What a shopper's act follows: they viewed the product, a message came, or a person was asked about them."""
Verdict = Literal["approve", "reject", "nobody"]

_NAMES = (
    "Amara", "Bruno", "Chloe", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kenji", "Lucia",
    "Mateo", "Noor", "Olga", "Priya", "Rosa", "Samir", "Tove", "Yara",
)  # fmt: skip
_ASIDE = {"email": True, "push": True, "whatsapp": True}


@dataclass(frozen=True)
class Act:
    """Something a shopper does some time after a cue. `event` is the name of the event it gives rise to."""

    event: str
    after: timedelta


@dataclass(frozen=True)
class Shopper:
    """One shopper, and what must come of their visit."""

    story: str
    """Who this is, in a few words."""
    acts: Mapping[Cue, tuple[Act, ...]]
    receives: tuple[Kind, ...]
    outcome: str
    """How the run must end."""
    approval: Literal["", "approved", "rejected", "expired", "withdrawn"] = ""
    """What must become of the question to a person, if one is asked."""
    verdict: Verdict = "approve"
    """What the scripted approver does about this shopper."""
    hours: tuple[int, int] = (9, 15)
    """Between which hours of their own day they view the product."""
    reminder_hour: int | None = None
    """The hour of their day in which the reminder must come, where it must come at a certain one."""
    consents: Mapping[str, bool] = field(default_factory=lambda: _ASIDE)
    has_app: bool = True
    name: str = ""
    number: int = 0
    zone: str = "UTC"
    product: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def user_id(self) -> str:
        return f"{self.name.lower()}-{self.number}"

    @property
    def email(self) -> str:
        return f"{self.user_id}@example.com"

    @property
    def phone(self) -> str:
        """A number of the range that the United Kingdom keeps free for films."""
        return f"+447700900{self.number:03d}"

    @property
    def push_token(self) -> str:
        return f"app-of-{self.user_id}"

    def is_at(self, address: str) -> bool:
        """Whether an address is theirs; vendors leave the plus of a phone number out."""
        return address in {self.email, self.push_token, self.phone, self.phone.removeprefix("+")}


def shoppers(seed: int, catalogue: Path, now: datetime) -> list[Shopper]:
    """Ten shoppers, the same for the same seed. They live where it is the right hour at `now`.

    Raises yamlfile.FileProblems when the catalogue cannot be read.
    """
    dice = Random(seed)
    products: list[dict[str, Any]] = yamlfile.plain(yamlfile.read(catalogue).root)["products"]
    names = dice.sample(_NAMES, len(_PERSONAS))
    cast: list[Shopper] = []
    for number, (name, persona) in enumerate(zip(names, _PERSONAS, strict=True), start=1):
        hour = dice.randint(*persona.hours)
        cast.append(
            replace(
                persona,
                name=name,
                number=number,
                zone=zone_where_it_is(hour, now),
                product=dice.choice(products),
                acts={cue: tuple(_varied(act, dice) for act in acts) for cue, acts in persona.acts.items()},
            )
        )
    return cast


def _varied(act: Act, dice: Random) -> Act:
    return replace(act, after=act.after * dice.uniform(0.8, 1.2))


def kind_of(channel: str, title: str) -> Kind | None:
    """Which message this is, by what the shopper sees; None for one that the shop should not have sent."""
    seen: dict[Kind, bool] = {
        "reminder": channel == "email" and title.endswith("is still here"),
        "second look": channel == "push" and title.endswith("once more"),
        "related": channel == "push" and title == "Still choosing?",
        "offer": channel == "whatsapp" and title == "browse_offer",
    }
    return next((kind for kind, matches in seen.items() if matches), None)


def _minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


_OPENS = Act("Email Opened", _minutes(50))
_CLICKS = Act("Email Link Clicked", _minutes(52))
_TAPS = Act("Push Notification Tapped", _minutes(20))
_READS = Act("Message Read", _minutes(15))
_BUYS = "Order Completed"

_PERSONAS = (
    Shopper(
        story="buys before any reminder",
        acts={"viewed": (Act(_BUYS, _minutes(12)),)},
        receives=(),
        outcome="goal",
    ),
    Shopper(
        story="opens the mail, does not click",
        acts={"reminder": (_OPENS,), "second look": (_TAPS,), "offer": (_READS,)},
        receives=("reminder", "second look", "offer"),
        outcome="completed",
        approval="approved",
    ),
    Shopper(
        story="clicks, and gets no offer",
        acts={"reminder": (_OPENS, replace(_CLICKS, after=_minutes(90)))},
        receives=("reminder", "related"),
        outcome="completed",
        approval="rejected",
        verdict="reject",
    ),
    Shopper(
        story="reads no mail, buys after the push",
        acts={"related": (_TAPS, Act(_BUYS, _minutes(70)))},
        receives=("reminder", "related"),
        outcome="goal",
    ),
    Shopper(
        story="opts out",
        acts={"reminder": (Act("Unsubscribed", _minutes(75)),)},
        receives=("reminder",),
        outcome="opt_out",
    ),
    Shopper(
        story="has no app, so no push",
        acts={"reminder": (_OPENS,), "offer": (_READS,)},
        receives=("reminder", "offer"),
        outcome="completed",
        approval="approved",
        has_app=False,
    ),
    Shopper(
        story="never allowed WhatsApp",
        acts={"reminder": (_OPENS,), "second look": (_TAPS,)},
        receives=("reminder", "second look"),
        outcome="completed",
        consents={"email": True, "push": True},
    ),
    Shopper(
        story="buys with the offer",
        acts={"offer": (_READS, Act(_BUYS, _minutes(120)))},
        receives=("reminder", "related", "offer"),
        outcome="completed",
        approval="approved",
    ),
    Shopper(
        story="buys while we still ask",
        acts={"asked": (Act(_BUYS, _minutes(20)),)},
        receives=("reminder", "related"),
        outcome="goal",
        approval="withdrawn",
        verdict="nobody",
    ),
    Shopper(
        story="looks late at night",
        acts={"reminder": (_OPENS,)},
        receives=("reminder", "second look"),
        outcome="completed",
        approval="expired",
        verdict="nobody",
        hours=(22, 22),
        reminder_hour=8,
    ),
)
