"""Applies what events say about their customers: traits, addresses and consents, in the order of the events."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from starter.ingestion.incoming import ConsentChange, Incoming
from store.consents import consents_of_all, keep_statements
from store.customers import REPLACED, addresses_of, holders_of
from store.suppressions import suppress
from store.tables import Address, ConsentStatement, Customer

Change = tuple[Customer, Incoming]

GIVEN = ("trait", "context")
"""Where a time zone comes from that was given. One that was only derived never takes its place."""
_DEVICES = ("push_token", "web_push")
"""Kinds of which a customer may have several: one for each device."""


async def apply_profiles(
    session: AsyncSession, changes: Sequence[Change], channels: Sequence[str], now: datetime
) -> None:
    """Bring customers up to what events say. `channels` are those a consent to every channel means."""
    late = {event.id for customer, event in changes if _apply_traits(customer, event, now)}
    await _apply_addresses(session, [c for c in changes if c[1].profile.addresses], late, now)
    await _apply_consents(session, [c for c in changes if c[1].profile.consents], channels, now)
    for _, event in changes:
        for dead in event.profile.dead:
            await suppress(session, dead.kind, dead.value, dead.reason, dead.source, now)


def _apply_traits(customer: Customer, event: Incoming, now: datetime) -> bool:
    """Take over what an event says; gives whether something later was said already."""
    profile = event.profile
    # A clock that runs ahead must not make its customer deaf to what comes after.
    at = min(event.at, now)
    late = customer.said_at is not None and at < customer.said_at
    if profile.traits or profile.first_traits:
        newest = [customer.traits, profile.traits]
        merged = {**profile.first_traits, **newest[late], **newest[not late]}
        customer.traits = {name: value for name, value in merged.items() if value is not None}
    if profile.time_zone and _replaces(profile.time_zone_from, customer.time_zone_from, late=late):
        customer.time_zone, customer.time_zone_from = profile.time_zone, profile.time_zone_from
    if profile.locale and not (late and customer.locale):
        customer.locale, customer.locale_from = profile.locale, profile.locale_from
    if not late and (profile.traits or profile.time_zone or profile.locale):
        customer.said_at = at
    return late


def _replaces(source: str, present: str, *, late: bool) -> bool:
    """Whether a time zone from one source takes the place of that from another; late ones only of derived ones."""
    return present not in GIVEN or (source in GIVEN and not late)


async def _apply_addresses(
    session: AsyncSession, changes: Sequence[Change], late: Collection[str], now: datetime
) -> None:
    if not changes:
        return
    existing = await addresses_of(session, {customer.id for customer, _ in changes})
    book = {(a.customer_id, a.kind, a.value): a for a in existing}
    for customer, event in changes:
        for kind, value in event.profile.addresses:
            if kind not in _DEVICES:
                if event.id in late and _live_address(book, customer.id, kind):
                    continue
                _replace_others(book, customer.id, kind, value, now)
            address = book.setdefault(
                (customer.id, kind, value),
                Address(customer_id=customer.id, kind=kind, value=value, updated_at=now),
            )
            if address.why_inactive == REPLACED:
                address.active, address.why_inactive = True, ""
            address.updated_at = now
            session.add(address)
    await session.flush()
    for kind in _DEVICES:
        await _move_devices(session, kind, changes, now)


def _live_address(book: dict[tuple[str, str, str], Address], customer_id: str, kind: str) -> bool:
    return any(a.active for a in book.values() if (a.customer_id, a.kind) == (customer_id, kind))


def _replace_others(
    book: dict[tuple[str, str, str], Address], customer_id: str, kind: str, value: str, now: datetime
) -> None:
    """A customer has one live email and one live phone: the one they gave last."""
    for address in book.values():
        if (
            (address.customer_id, address.kind) == (customer_id, kind)
            and address.value != value
            and address.active
        ):
            address.active, address.why_inactive, address.updated_at = False, REPLACED, now


async def _move_devices(session: AsyncSession, kind: str, changes: Sequence[Change], now: datetime) -> None:
    """A device shows what it is sent to whoever holds it: it belongs to the one who used it last."""
    last_user = {
        value: customer.id
        for customer, event in changes
        for known, value in event.profile.addresses
        if known == kind
    }
    if not last_user:
        return
    for address in await holders_of(session, kind, last_user.keys()):
        if address.customer_id != last_user[address.value]:
            address.active, address.why_inactive, address.updated_at = False, REPLACED, now
            session.add(address)


async def _apply_consents(
    session: AsyncSession, changes: Sequence[Change], channels: Sequence[str], now: datetime
) -> None:
    if not changes:
        return
    known = await consents_of_all(session, {customer.id for customer, _ in changes})
    spoken_of = {(record.customer_id, record.purpose, record.channel) for record in known}
    statements: list[ConsentStatement] = []
    for customer, event in changes:
        for change in event.profile.consents:
            for channel in sorted(_channels_meant(change, customer.id, spoken_of, channels)):
                statements.append(_statement(customer.id, channel, change, event, now))
                spoken_of.add((customer.id, change.purpose, channel))
    await keep_statements(session, statements, known)


def _channels_meant(
    change: ConsentChange, customer_id: str, spoken_of: Collection[tuple[str, str, str]], channels: Sequence[str]
) -> set[str]:
    if change.channel or change.topic:
        return {change.channel}
    known = {channel for owner, purpose, channel in spoken_of if (owner, purpose) == (customer_id, change.purpose)}
    return {*channels, *known} - {""} if not change.granted else set(channels)


def _statement(
    customer_id: str, channel: str, change: ConsentChange, event: Incoming, now: datetime
) -> ConsentStatement:
    """A time in the future counts as now: it must not outlast a withdrawal that is still to come."""
    proof = {"proof": change.proof} if change.proof is not None else {}
    return ConsentStatement(
        customer_id=customer_id,
        channel=channel,
        purpose=change.purpose,
        topic=change.topic,
        granted=change.granted,
        confirmed=change.confirmed,
        until=change.until,
        source=change.source or event.name,
        at=min(event.at, now),
        evidence={"event": event.id, **proof},
    )
