"""The rules by which ids name one customer. Pure: what is known comes in, what is to change comes out.

An event names ids. The strongest of them leads to its customer; the weaker ones join it. Where a weaker one
belongs to someone else, the two become one only if that other has no id stronger than the one they share, and if
no limit is passed. Otherwise the weaker id changes hands. So two people who share a device or a mail address are
never made one by it: ids of one strength are only ever joined over ids at least as strong. An alias is the
sender's own word that two ids are one person's; it is bound by the limits alone.
"""

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from project.model import IdentityRules
from store.identity import KnownAs


@dataclass(frozen=True, slots=True)
class Naming:
    """The ids that one event names, and which of them it says outright to be the same person's."""

    event_id: str
    ids: tuple[KnownAs, ...]
    """The strongest first."""
    alias: KnownAs | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """What an event changes: an id new to its customer `joined`, came from another and `moved`, made two customers
    one and `merged`, or was `refused`."""

    rule: Literal["joined", "moved", "merged", "refused"]
    event_id: str
    id: KnownAs
    by: KnownAs | None
    """The id beside it that leads to the customer; None for the first of a new customer."""
    customer_id: str
    other_id: str = ""
    """Whose the id was before."""
    stated: bool = False
    """Whether the sender said outright that they are one person."""


@dataclass
class Person:
    """A customer as the rules see them."""

    ids: set[KnownAs]
    apart_from: set[str] = field(default_factory=set[str])
    """Customers whom a person told apart from this one."""
    new: bool = False

    def has(self, kind: str) -> int:
        return sum(known == kind for known, _ in self.ids)


class Resolver:
    """Reads the namings of a batch in order, and keeps what they change in `links`."""

    def __init__(self, rules: IdentityRules, owners: Mapping[KnownAs, str], people: Mapping[str, Person]) -> None:
        """`owners` are those of the ids that will be named, `people` their customers by id."""
        self.rules = rules
        self.owners = dict(owners)
        """Whose each id is by now."""
        self._people = dict(people)
        self.links: list[Link] = []
        self.became: dict[str, str] = {}
        """Customers who turned out to be others in this batch."""

    @property
    def created(self) -> list[str]:
        """The customers who are new."""
        return [customer_id for customer_id, person in self._people.items() if person.new]

    def resolve(self, naming: Naming) -> str:
        """The customer whom an event is about."""
        owners = {self.owners.get(known) for known in naming.ids}
        if len(owners) == 1 and (owner := owners.pop()):
            return owner
        anchor = self.owners.get(naming.ids[0]) or self._adopting(naming) or self._create(naming)
        for known in naming.ids:
            self._attach(anchor, known, naming)
        return anchor

    def _adopting(self, naming: Naming) -> str | None:
        """The customer whom a strong id that is new belongs to, by the weaker ones beside it."""
        strongest = naming.ids[0]
        for known in naming.ids[1:]:
            owner = self.owners.get(known)
            if owner and self._has_room(owner, [strongest]) and self._speaks_for(owner, known, naming):
                self._join(owner, strongest, known, naming)
                return owner
        return None

    def _create(self, naming: Naming) -> str:
        customer_id = f"c_{secrets.token_hex(10)}"
        self._people[customer_id] = Person(set(), new=True)
        self._join(customer_id, naming.ids[0], None, naming)
        return customer_id

    def _attach(self, anchor: str, known: KnownAs, naming: Naming) -> None:
        owner, strongest = self.owners.get(known), naming.ids[0]
        if owner == anchor:
            return
        if owner is None:
            if self._has_room(anchor, [known]):
                self._join(anchor, known, strongest, naming)
        elif self._may_merge(anchor, owner, known, naming):
            self._merge(anchor, owner, known, naming)
        elif self._may_move(anchor, owner, known, strongest):
            self._move(anchor, owner, known, naming)
        elif known == naming.alias:
            self.links.append(Link("refused", naming.event_id, known, strongest, anchor, owner, stated=True))

    def _may_merge(self, anchor: str, owner: str, known: KnownAs, naming: Naming) -> bool:
        if self._apart(anchor, owner):
            return False
        return self._speaks_for(owner, known, naming) and self._has_room(anchor, self._people[owner].ids)

    def _may_move(self, anchor: str, owner: str, known: KnownAs, strongest: KnownAs) -> bool:
        weaker = self.rules.rank(known[0]) > self.rules.rank(strongest[0])
        return weaker and not self._apart(anchor, owner) and self._has_room(anchor, [known])

    def _speaks_for(self, owner: str, known: KnownAs, naming: Naming) -> bool:
        """Whether an id is the best that its customer has, or the sender vouches for it."""
        strongest = min(self.rules.rank(kind) for kind, _ in self._people[owner].ids)
        return known == naming.alias or strongest >= self.rules.rank(known[0])

    def _has_room(self, customer_id: str, more: Iterable[KnownAs]) -> bool:
        person = self._people[customer_id]
        wanted = Counter(kind for kind, _ in more)
        return all(person.has(kind) + count <= self.rules.limit(kind) for kind, count in wanted.items())

    def _apart(self, one: str, other: str) -> bool:
        return other in self._people[one].apart_from or one in self._people[other].apart_from

    def _join(self, customer_id: str, known: KnownAs, by: KnownAs | None, naming: Naming) -> None:
        self.owners[known] = customer_id
        self._people[customer_id].ids.add(known)
        self.links.append(Link("joined", naming.event_id, known, by, customer_id))

    def _merge(self, anchor: str, owner: str, known: KnownAs, naming: Naming) -> None:
        for theirs in self._people[owner].ids:
            self.owners[theirs] = anchor
        gone = self._people.pop(owner)
        person = self._people[anchor]
        person.ids |= gone.ids
        person.apart_from |= gone.apart_from
        self.became = {one: anchor if now == owner else now for one, now in self.became.items()} | {owner: anchor}
        if gone.new:
            self._dissolve(owner, anchor)
        else:
            stated = known == naming.alias
            self.links.append(Link("merged", naming.event_id, known, naming.ids[0], anchor, owner, stated=stated))

    def _dissolve(self, owner: str, anchor: str) -> None:
        """A customer who was never kept leaves no trace: their ids were the other's from the start."""
        as_now = {owner: anchor}
        self.links = [
            replace(
                link,
                customer_id=as_now.get(link.customer_id, link.customer_id),
                other_id=as_now.get(link.other_id, link.other_id),
            )
            for link in self.links
        ]

    def _move(self, anchor: str, owner: str, known: KnownAs, naming: Naming) -> None:
        self.owners[known] = anchor
        self._people[owner].ids.discard(known)
        self._people[anchor].ids.add(known)
        self.links.append(Link("moved", naming.event_id, known, naming.ids[0], anchor, owner))
