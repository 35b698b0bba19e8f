"""Whom events are about: the customers behind the ids that the world uses, made or made one where need be."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from project.model import IdentityRules
from starter.ingestion.incoming import Incoming
from starter.ingestion.resolution import Link, Naming, Person, Resolver
from store.customers import lock_customers
from store.digests import digest
from store.events import accepted_among
from store.identity import KnownAs, NewId, add_ids, ids_of, owners_of
from store.tables import Customer

_ADDRESS_IDS = {"email": "email", "phone": "phone", "push_token": "device", "web_push": "device"}
"""Which kind of id an address is."""


class Raced(Exception):
    """Another transaction changed whose an id is while this one waited: try the same again."""


@dataclass
class Stage:
    """Some events in order with their customers, and what links change before them."""

    links: list[Link]
    events: list[tuple[Customer, Incoming]] = field(default_factory=list[tuple[Customer, Incoming]])


async def recognise(
    session: AsyncSession, events: Sequence[Incoming], rules: IdentityRules, now: datetime
) -> tuple[list[Stage], int]:
    """The events that are new, each with its customer, who is made where none is known yet, and locked until the
    transaction ends; and how many are known already. An event about one of our own customers who no longer exists
    is left out.

    Raises Raced, and sqlalchemy.exc.IntegrityError when another transaction claimed one of the ids at the same
    time: then try again.
    """
    wanted = {known for event in events for known in _candidates(event, rules)}
    owners = await owners_of(session, wanted)
    direct = {event.who.customer_id for event in events if event.who.customer_id}
    customers = await lock_customers(session, {*owners.values(), *direct})
    # Asked only now: the locks on the customers make a sender's parallel retry wait for the first try.
    known = await accepted_among(session, [event.id for event in events])
    fresh = [event for event in events if event.id not in known]
    namings = [_naming(event, owners, rules) for event in fresh if not event.who.customer_id]
    people = await _people(session, namings, owners, customers)
    stages = await _resolve(session, fresh, Resolver(rules, owners, people), customers, now)
    return stages, len(known)


async def _people(
    session: AsyncSession,
    namings: Collection[Naming],
    owners: Mapping[KnownAs, str],
    customers: Mapping[str, Customer],
) -> dict[str, Person]:
    """The customers as the rules see them; nobody when every event leads to one customer who is known."""
    if any(owner not in customers or customers[owner].id != owner for owner in owners.values()):
        raise Raced("a customer was merged or erased meanwhile")
    if not owners or all(_leads_to_one(naming, owners) for naming in namings):
        return {}
    ids = await ids_of(session, set(owners.values()))
    people = {
        owner: Person({(i.kind, i.value) for i in ids[owner]}, set(customers[owner].apart_from))
        for owner in set(owners.values())
    }
    if any(known not in people[owner].ids for known, owner in owners.items()):
        raise Raced("an id changed hands meanwhile")
    return people


def _leads_to_one(naming: Naming, owners: Mapping[KnownAs, str]) -> bool:
    found = {owners.get(known) for known in naming.ids}
    return len(found) == 1 and None not in found


async def _resolve(
    session: AsyncSession,
    events: Sequence[Incoming],
    resolver: Resolver,
    customers: dict[str, Customer],
    now: datetime,
) -> list[Stage]:
    """Read the events in order. A stage ends where two customers become one or an id changes hands."""
    stages: list[tuple[slice, list[tuple[str, Incoming]]]] = [(slice(0), [])]
    for event in events:
        done = len(resolver.links)
        # An alias may be of an id that an earlier event of the batch made known.
        named = event.who.customer_id or resolver.resolve(_naming(event, resolver.owners, resolver.rules))
        if any(link.rule != "joined" for link in resolver.links[done:]):
            stages.append((slice(done, len(resolver.links)), []))
        stages[-1][1].append((named, event))
    await _keep(session, resolver, customers, now)

    def who(customer_id: str) -> Customer | None:
        return customers.get(customer_id) or customers.get(resolver.became.get(customer_id, ""))

    # The links are read only now: a customer of an early one may have turned out to be another by a later event.
    return [
        Stage(
            [link for link in resolver.links[changed] if link.rule != "joined"],
            [(customer, event) for named, event in named_events if (customer := who(named))],
        )
        for changed, named_events in stages
    ]


async def _keep(session: AsyncSession, resolver: Resolver, customers: dict[str, Customer], now: datetime) -> None:
    """Keep the customers and the ids that are new."""
    for customer_id in resolver.created:
        customers[customer_id] = Customer(id=customer_id, traits={}, created_at=now)
        session.add(customers[customer_id])
    # The ids point at customers, who must be there first.
    await session.flush()
    await add_ids(session, [_new_id(link, now) for link in resolver.links if link.rule == "joined"])


def _new_id(link: Link, now: datetime) -> NewId:
    by_kind, by_value = link.by or ("", "")
    return NewId(
        kind=link.id[0],
        value=link.id[1],
        customer_id=link.customer_id,
        since=now,
        event_id=link.event_id,
        by_kind=by_kind,
        by_value=by_value,
    )


def _naming(event: Incoming, owners: Mapping[KnownAs, str], rules: IdentityRules) -> Naming:
    """The ids of an event, the strongest first. An alias is a user id if one is known, else an anonymous id."""
    ids, alias = _ids(event, rules), None
    if previous := event.who.previous_id:
        alias = ("user", previous) if ("user", previous) in owners else ("anonymous", previous)
        if alias not in ids and ("user", previous) not in ids and not rules.names_nobody(previous):
            ids.append(alias)
    # The sort keeps the order of equals, in which an alias comes after the id that it is an alias of.
    return Naming(event.id, tuple(sorted(ids, key=lambda known: rules.rank(known[0]))), alias)


def _candidates(event: Incoming, rules: IdentityRules) -> list[KnownAs]:
    """Every id whose owner matters to an event."""
    if event.who.customer_id:
        return []
    previous = event.who.previous_id
    return _ids(event, rules) + ([("user", previous), ("anonymous", previous)] if previous else [])


def _ids(event: Incoming, rules: IdentityRules) -> list[KnownAs]:
    """The ids by which an event names its customer: those that name somebody, or else the strongest of all."""
    addresses = [
        (_ADDRESS_IDS[kind], digest(kind, value))
        for kind, value in event.profile.addresses
        if kind in _ADDRESS_IDS
    ]
    named = dict.fromkeys(known for known in (*event.who.known_as, *addresses) if known[0] in rules.order)
    return [known for known in named if not rules.names_nobody(known[1])] or list(named)[:1]
