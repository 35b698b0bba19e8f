"""How the guardrails of journeys stand."""

from datetime import datetime
from typing import Literal

from sqlmodel import Field, SQLModel

from store.tables.columns import time_column, word_column

GuardrailState = Literal["ok", "warned", "tripped"]


class Guardrail(SQLModel, table=True):
    """One guardrail of one journey, as it was found last. Tripped ones stay so until a person re-arms them."""

    journey: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    """Empty where it is about the whole journey."""
    name: str = Field(primary_key=True)
    split: str = ""
    """Of which an arm was found harmful; empty where it is about the whole journey."""
    arm: str = ""
    """Closed while it is tripped: who comes to the split goes the control's way."""
    keeps: bool = False
    """Whether those who went an arm before it tripped go on in it."""
    state: str = word_column()
    value: float
    limit: float
    """At which it trips, or for those that only warn, warns."""
    why: str
    since: datetime = time_column()
    """Of the state."""
    score: float = 0.0
    """Of what is counted for good, for those that add up."""
    counted_to: datetime | None = time_column(nullable=True)
    """Up to when messages are counted for good; None for those that look back anew."""
    looked_at: datetime = time_column()
    told: str = "ok"
    """The state that the operators were told of last."""
    told_at: datetime | None = time_column(nullable=True)
    rearmed_by: str = ""
    rearmed_at: datetime | None = time_column(nullable=True)
    """What happened before does not count any more."""
