"""The planners' decisions, what came of them, and what was learned."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field, SQLModel

from store.tables.columns import json_column, json_list_column, time_column


class PlannerDecision(SQLModel, table=True):
    """One decision by a planner: what it could choose and what it saw, what it chose and how likely that was, and
    what it was worth."""

    __tablename__ = "planner_decision"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise
    __table_args__ = (
        Index("ix_planner_decision_customer", "customer_id", "decided_at"),
        Index("ix_planner_decision_point", "journey", "decision", "decided_at"),
        Index("ix_planner_decision_open", "closed", "closes_at"),
    )

    id: str = Field(primary_key=True)
    """See journeys.ids.decision_id. It is what the choice was drawn by."""
    customer_id: str = Field(foreign_key="customer.id")
    workflow_id: str = Field(index=True)
    first_run_id: str
    journey: str
    version: str
    step_id: str
    turn: int
    """The so-many-eth time the step decided in the run, from 0."""
    decision: str
    agent: bool
    planner: str
    learned_as: str = ""
    """How its lesson is counted; empty when its planner does not learn."""
    model: str = ""
    """The version of what was known."""
    options: list[str] = json_column()
    """Those that were open, in the order they are written."""
    closed_options: dict[str, str] = json_column()
    """Those that the policies closed, and why."""
    judged: dict[str, Any] = json_column()
    """By option that begins with a message, what the policies were given for each channel: other policies can
    judge the same again."""
    features: dict[str, float] = json_column()
    """What it saw; of what it looks at, what is not known is not there."""
    looks_at: list[str] = json_column()
    """The names of the features that it declares."""
    settings: dict[str, Any] = json_column()
    probabilities: dict[str, float] = json_column()
    option: str
    probability: float
    expected: dict[str, float] = json_column()
    """The reward that was expected of each open option: what `credit` comes to, if the planner is right. Empty
    while nothing was learned."""
    confidence: float | None = None
    """How sure the planner was; None is as sure as the option was likely."""
    why: str
    advice: dict[str, Any] = json_column()
    """What a language model said before, and what that cost; empty when none was to be asked."""
    steps: list[str] = json_column()
    """The ids of the chosen option's steps."""
    rewards: dict[str, Any] = json_column()
    """What its outcomes are worth, as it was when it was made."""
    goal: dict[str, Any] = json_column()
    """The event that is its goal; empty without one."""
    start_id: str
    """The event that started the run."""
    decided_at: datetime = time_column()
    closes_at: datetime = time_column()
    """When the last window for outcomes closes."""
    closed: bool = False
    parts: list[dict[str, Any]] = json_list_column()
    """What each outcome added: the event, its kind, the amount."""
    cost: float = 0.0
    reward: float | None = None
    """What came of it so far, less the cost; None while nothing did and something may."""
    credit: float | None = None
    """What it counts with in what was learned: for an agent's turn, with what later turns brought. None when it
    does not count."""


class LearnedPoint(SQLModel, table=True):
    """One way in which the decisions at one point are learned from."""

    __tablename__ = "learned_point"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    journey: str = Field(primary_key=True)
    decision: str = Field(primary_key=True)
    learned_as: str = Field(primary_key=True)
    revision: int = 0
    """Goes up with every change."""
    lessons: int = 0
    """Decisions that count."""
    changed_at: datetime = time_column()
    refitted_at: datetime | None = time_column(nullable=True)


class TokenSpending(SQLModel, table=True):
    """What language models cost one journey on one day, in UTC."""

    __tablename__ = "token_spending"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    journey: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    tokens: int


class LearningProgress(SQLModel, table=True):
    """How far what happened was looked at."""

    __tablename__ = "learning_progress"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    name: str = Field(primary_key=True)
    seq: int
    """Of the last event that was looked at."""


class LearnedBlock(SQLModel, table=True):
    """The sums of one block of a point, as learning.sampler.packing writes them."""

    __tablename__ = "learned_block"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    journey: str = Field(primary_key=True)
    decision: str = Field(primary_key=True)
    learned_as: str = Field(primary_key=True)
    block: str = Field(primary_key=True)
    sums: bytes = Field(sa_type=LargeBinary)
