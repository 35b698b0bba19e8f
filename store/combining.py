"""Combines what two customers have one row each of, a subject: addresses, consents, and places in segments.

The row of the one who is gone is taken out; the survivor's becomes what the two say together.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.customers import REPLACED
from store.tables import Address, ConsentRecord, Membership

_ONE_AT_A_TIME = ("email", "phone", "whatsapp_user_id")
"""Kinds of addresses of which a customer has one live one: the newest."""

Rows = Sequence[Any]
Subject = tuple[Any, ...]


def _addresses(own: Rows, theirs: Rows) -> list[Address]:
    """One address counts as it was last changed, but a dead one stays dead; of live mails and phones the newest
    stays live."""
    together = {_subject(address): Address.model_validate(address.model_dump()) for address in own}
    for address in theirs:
        same = together.get(_subject(address))
        if same is None:
            together[_subject(address)] = Address.model_validate(address.model_dump())
        elif same.why_inactive in ("", REPLACED) and address.why_inactive not in ("", REPLACED):
            same.active, same.why_inactive, same.updated_at = False, address.why_inactive, address.updated_at
        elif address.active and not same.active and same.why_inactive == REPLACED:
            same.active, same.why_inactive, same.updated_at = True, "", address.updated_at
    for kind in _ONE_AT_A_TIME:
        live = [address for address in together.values() if address.kind == kind and address.active]
        for older in sorted(live, key=lambda address: (address.updated_at, address.value))[:-1]:
            older.active, older.why_inactive = False, REPLACED
    return list(together.values())


def _consents(own: Rows, theirs: Rows) -> list[ConsentRecord]:
    """The latest word counts; of a yes and a no at the same moment the no."""
    together = {_subject(record): record for record in own}
    for record in theirs:
        same = together.get(_subject(record))
        if same is None or (record.at, not record.granted) > (same.at, not same.granted):
            together[_subject(record)] = record
    return [ConsentRecord.model_validate(record.model_dump()) for record in together.values()]


def _memberships(own: Rows, theirs: Rows) -> list[Membership]:
    """Who was in a segment under either name is in it, for the longer time: entering it again is no news."""
    together = {_subject(place): place for place in own}
    for place in theirs:
        same = together.get(_subject(place))
        if same is None or (place.member, -place.since.timestamp()) > (same.member, -same.since.timestamp()):
            together[_subject(place)] = place
    return [Membership.model_validate(place.model_dump()) for place in together.values()]


Combining = Mapping[type[SQLModel], Callable[[Rows, Rows], Sequence[Any]]]
"""How the rows of two customers become those of one, by table: the survivor's come first."""

COMBINED: Combining = {
    Address: _addresses,
    ConsentRecord: _consents,
    Membership: _memberships,
}
"""For the tables that the store knows how to combine."""


async def combine(
    session: AsyncSession, table: type[SQLModel], how: Combining, gone: str, survivor: str
) -> dict[str, Any]:
    """Make one customer's rows of a table part of another's, and give the evidence: see store.merging."""
    theirs = await _rows(session, table, gone)
    if not theirs:
        return {}
    own = {_subject(row): row for row in await _rows(session, table, survivor)}
    before = {subject: _dump(row) for subject, row in own.items()}
    changed: list[tuple[Any, dict[str, Any]]] = []
    for row in how[table](list(own.values()), theirs):
        row.customer_id = survivor
        if before.get(_subject(row)) != _dump(row):
            changed.append((before.get(_subject(row)), _dump(row)))
            await session.merge(row)
    gone_rows = [_dump(row) for row in theirs]
    for row in theirs:
        await session.delete(row)
    await session.flush()
    return {"gone": gone_rows, "before": [b for b, _ in changed], "after": [a for _, a in changed]}


async def uncombine(session: AsyncSession, table: type[SQLModel], evidence: dict[str, Any], survivor: str) -> None:
    """Give the one who was gone their rows back. The survivor's become what they were,
    unless they changed since."""
    if not evidence:
        return
    now = {_subject(row): row for row in await _rows(session, table, survivor)}
    for before, after in zip(evidence["before"], evidence["after"], strict=True):
        made = table.model_validate({**after, "customer_id": survivor})
        row = now.get(_subject(made))
        if row is None or _dump(row) != _dump(made):
            continue
        if before is None:
            await session.delete(row)
        else:
            await session.merge(table.model_validate({**before, "customer_id": survivor}))
    session.add_all(table.model_validate(row) for row in evidence["gone"])
    await session.flush()


def name_of(table: type[SQLModel]) -> str:
    """The name of a table in the database."""
    return str(cast(Any, table).__tablename__)


async def _rows(session: AsyncSession, table: type[SQLModel], customer_id: str) -> Sequence[Any]:
    owner = col(cast(Any, table).customer_id)
    return (await session.exec(select(table).where(owner == customer_id))).all()


def _subject(row: Any) -> Subject:
    """What a row is about: its key without the customer."""
    return tuple(
        getattr(row, column.name) for column in row.__table__.primary_key.columns if column.name != "customer_id"
    )


def _dump(row: Any) -> dict[str, Any]:
    return cast(SQLModel, row).model_dump(mode="json")
