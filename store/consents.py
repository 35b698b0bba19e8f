"""Consents: everything a customer said about channels, purposes and topics, and what counts of it now."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import ConsentRecord, ConsentStatement

Subject = tuple[str, str, str, str]
"""Whom and what a consent is about: the customer's id, the channel, the purpose and the topic."""
Standing = Literal["confirmed", "granted", "ended", "withdrawn"]
"""What a consent is worth: `confirmed` was said by the owner of the address from there too, `granted` was not."""


async def keep_statements(
    session: AsyncSession, statements: Sequence[ConsentStatement], known: Sequence[ConsentRecord] | None = None
) -> None:
    """Keep what customers said, in order, and let the latest word by its own time count.

    A statement that comes late is kept and undoes nothing. The customers are locked already; `known` are their
    consents, if they have been read.
    """
    if not statements:
        return
    if known is None:
        known = await consents_of_all(session, {statement.customer_id for statement in statements})
    records = {_subject(record): record for record in known}
    for statement in statements:
        record = records.get(_subject(statement))
        if record is None or not _only_repeats(statement, record):
            session.add(statement)
        if record is None:
            record = records[_subject(statement)] = ConsentRecord(
                **statement.model_dump(exclude={"id", "evidence"})
            )
        elif record.at <= statement.at:
            record.confirmed = statement.granted and (statement.confirmed or record.confirmed)
            # What is only implied takes nothing from what was said for good.
            record.until = None if record.granted and record.until is None else statement.until
            record.granted, record.source, record.at = statement.granted, statement.source, statement.at
        session.add(record)
    await session.flush()


def _only_repeats(statement: ConsentStatement, record: ConsentRecord) -> bool:
    """Whether it says what is known already and proves nothing new: some senders repeat it in every call."""
    same = (statement.granted, statement.source, statement.until) == (record.granted, record.source, record.until)
    confirms = statement.confirmed and not record.confirmed
    return same and not confirms and not statement.evidence.get("proof")


async def withdraw_consent(
    session: AsyncSession, customer_id: str, channel: str, source: str, at: datetime
) -> None:
    """No more marketing over a channel, because a provider said that the customer told it so."""
    statement = ConsentStatement(
        customer_id=customer_id,
        channel=channel,
        purpose="marketing",
        granted=False,
        source=source,
        at=at,
        evidence={},
    )
    await keep_statements(session, [statement])


async def consents_of(session: AsyncSession, customer_id: str) -> list[ConsentRecord]:
    """What a customer last said about every channel, purpose and topic."""
    return await consents_of_all(session, [customer_id])


async def consents_of_all(session: AsyncSession, customer_ids: Collection[str]) -> list[ConsentRecord]:
    """What some customers last said about every channel, purpose and topic."""
    query = select(ConsentRecord).where(col(ConsentRecord.customer_id).in_(customer_ids))
    return list((await session.exec(query)).all())


async def statements_of(session: AsyncSession, customer_id: str) -> list[ConsentStatement]:
    """Everything a customer ever said about consent, the latest first."""
    query = select(ConsentStatement).where(col(ConsentStatement.customer_id) == customer_id)
    latest = query.order_by(col(ConsentStatement.at).desc(), col(ConsentStatement.id).desc())
    return list((await session.exec(latest)).all())


async def has_confirmed(session: AsyncSession, customer_id: str, channel: str, purpose: str) -> bool:
    """Whether the customer's consent to a channel and a purpose stands, confirmed and without an end."""
    record = await session.get(ConsentRecord, (customer_id, channel, purpose, ""))
    return record is not None and record.granted and record.confirmed and record.until is None


async def has_withdrawn(session: AsyncSession, customer_id: str, channel: str, purpose: str) -> bool:
    """Whether the customer's last word about a channel and a purpose was no."""
    record = await session.get(ConsentRecord, (customer_id, channel, purpose, ""))
    return record is not None and not record.granted


def standing(record: ConsentRecord, now: datetime) -> Standing:
    """What a consent is worth at a moment, in UTC."""
    if not record.granted:
        return "withdrawn"
    if record.until is not None and record.until <= now:
        return "ended"
    return "confirmed" if record.confirmed else "granted"


def stands(record: ConsentRecord, now: datetime) -> bool:
    """Whether a consent was given and has not ended at a moment, in UTC."""
    return standing(record, now) in ("granted", "confirmed")


def _subject(row: ConsentRecord | ConsentStatement) -> Subject:
    return row.customer_id, row.channel, row.purpose, row.topic
