"""What a journey stands on and cannot know itself, as plain facts: content, channels, tools, people, policies."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from journeys.shapes import Shapes


@dataclass(frozen=True)
class ToolFacts:
    """A business action that is set up: whether a person must agree, and what a step must give it."""

    sensitive: bool
    arguments: type[BaseModel]


@dataclass(frozen=True)
class Surroundings:
    """The project around a journey. None is what could not be found out, and is not asked about."""

    journeys: Mapping[str, frozenset[str]] | None = None
    """By the name of each journey, those that its steps run."""
    contents: Mapping[str, tuple[str, ...]] | None = None
    """The channels of each approved content, by its name."""
    shown: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """What each approved content shows of the run: attributes that its steps leave there."""
    offering: frozenset[str] = frozenset()
    """Approved content that cannot be made without an offer."""
    drafts: frozenset[str] = frozenset()
    channels: frozenset[str] | None = None
    tools: Mapping[str, ToolFacts] | None = None
    planners: Mapping[str, type[BaseModel]] | None = None
    """The settings of every planner, by its name."""
    unadvised: frozenset[str] = frozenset()
    """Planners that want a language model asked, where the project names none."""
    groups: Mapping[str, frozenset[str]] | None = None
    """The addresses of the people in each group."""
    segments: frozenset[str] | None = None
    """The segments that are declared."""
    policies: Mapping[str, BaseModel] | None = None
    """The policies of the project, by name."""
    policy_kinds: Mapping[str, type[BaseModel]] = field(default_factory=dict[str, type[BaseModel]])
    """Every kind of policy that a journey may add, by name."""
    shapes: Shapes = field(default_factory=Shapes)
