"""The audit log: what was decided, judged, approved, changed, refused and erased, and by whom."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from store.tables.columns import json_column, time_column, word_column


class AuditEntry(SQLModel, table=True):
    """One thing that happened. Written in the transaction of what it tells of; chained shortly after by
    store.sealing, and never changed from then on, but that an erasure empties `evidence`: store.append_only."""

    __tablename__ = "audit_entry"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise
    # SQLite would give the number of a deleted last entry to the next one.
    __table_args__ = (
        Index("ix_audit_entry_kind", "kind", "at"),
        Index("ix_audit_entry_customer", "customer_id", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    """The order in which entries were written, with gaps; their order in the chain is `position`."""
    at: datetime = time_column()
    kind: str = word_column()
    """One of store.audit.Kind."""
    subject: str
    """What it is about, such as `journey:welcome` or `delivery:d_...`."""
    by: str
    """Who did it: a person's address, or the part of Sojourn that did."""
    customer_id: str = ""
    """Whom it is about, opaque: the id they had at the time. Empty where it is about nobody."""
    facts: dict[str, Any] = json_column()
    """What the chain holds for good, and so nothing that tells who a customer is."""
    evidence: dict[str, Any] = json_column()
    """What it rests on, which may tell of a customer: emptied when they are erased."""
    evidence_digest: str = ""
    """Of the evidence, which is salted so that the digest says nothing once it is gone."""
    salt: str
    """Random, so that the digest of an entry says nothing to whoever is not given it; see store.chain."""
    position: int | None = Field(default=None, unique=True)
    """Its place in the chain, from 1; None until it is sealed."""
    previous: str = ""
    """The hash of the entry before it."""
    earlier: str = ""
    """The hash of an earlier one; see store.chain."""
    hash: str = ""
    """See store.chain."""
