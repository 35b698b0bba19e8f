"""Surfaces that are put together from slots, as `surfaces.yaml` declares them: a homepage, a product page, a mail.

A slot names the contents that may fill it, the preferred first, and perhaps a planner that chooses among them.
What may stand beside what is said here too; who fills the slots by it is `content.assembly`.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

import yamlfile
from content.fields import FilledLine
from content.front import Tag
from journeys.conditions import check_names
from journeys.features import Asked, asked_of
from journeys.parts import Percent
from journeys.steps.planned import AS_WRITTEN, Planned, conditions_of
from journeys.times import Duration
from policies.model import SLOT
from yamlfile import Document, FileProblems, Problem, nearest

FILE = "surfaces.yaml"
DISCOUNT = "discount"
"""What a content is, beside its categories, that promises a discount at its head."""


def _about_customer(condition: str) -> str:
    return check_names(condition, ("customer", "now"))


class Choice(BaseModel):
    """A content that may fill a slot, and for whom. A word alone is its name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    content: str
    when: Annotated[str, AfterValidator(_about_customer)] = Field(alias="if", default="true")
    """A condition over the customer's attributes, and `now`."""

    @model_validator(mode="before")
    @classmethod
    def _a_word_is_a_name(cls, given: Any) -> Any:
        return {"content": given} if isinstance(given, str) else given


class Slot(Planned):
    """A place on a surface. `most` contents at once stand in it: the first that fit, or those that a planner takes
    of them."""

    variants: tuple[Choice, ...] = Field(min_length=1)
    most: int = Field(default=1, ge=1)
    required: bool = False
    """Without it nothing of the surface is shown."""
    keep: Duration = timedelta(days=1)
    """How long a customer sees what was chosen for them before it is chosen anew: a page that changes with every
    look is hard to use. Counted from midnight of 1970, in UTC."""

    @field_validator("keep")
    @classmethod
    def _some_time(cls, keep: timedelta) -> timedelta:
        if keep < timedelta(minutes=1):
            raise ValueError("must be a minute or longer")
        return keep

    @model_validator(mode="after")
    def _looks_at_customers(self) -> "Slot":
        for source in (*self.features.values(), *conditions_of(cast(JsonValue, self.settings))):
            _about_customer(source)
        return self

    @property
    def is_chosen(self) -> bool:
        """Whether a planner chooses."""
        return self.planner != AS_WRITTEN

    @property
    def conditions(self) -> Iterator[str]:
        """Everything that it asks of the customer."""
        yield from (choice.when for choice in self.variants)
        yield from self.features.values()
        yield from conditions_of(cast(JsonValue, self.settings))


class Legal(BaseModel):
    """A text that the surface must show: always, or only `beside` a discount or a category. A text alone is one
    that it must always show."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: FilledLine
    beside: Literal["discount"] | Tag | None = None

    @model_validator(mode="before")
    @classmethod
    def _a_text_is_always_shown(cls, given: Any) -> Any:
        return {"text": given} if isinstance(given, str) else given


class Surface(BaseModel):
    """What is put together from slots, and what holds between them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str = ""
    slots: dict[Tag, Slot] = Field(min_length=1)
    most_variants: int | None = Field(default=None, ge=1)
    """How many contents may be shown in all slots together."""
    most_discounts: int = Field(default=1, ge=0)
    """How many of them may promise a discount."""
    legal: tuple[Legal, ...] = ()
    as_usual: Percent | None = None
    """The share of customers for whom no planner chooses, so that the effect of planners can be measured."""

    @model_validator(mode="after")
    def _has_planners(self) -> "Surface":
        if self.as_usual is not None and not self.is_chosen:
            raise ValueError("no slot has a planner, so there is nothing to compare business as usual with")
        return self

    @model_validator(mode="after")
    def _has_room(self) -> "Surface":
        required = sum(slot.required for slot in self.slots.values())
        if self.most_variants is not None and required > self.most_variants:
            raise ValueError(f"{required} slots are required, and most_variants is {self.most_variants}")
        return self

    @property
    def is_chosen(self) -> bool:
        """Whether a planner chooses anything of it."""
        return any(slot.is_chosen for slot in self.slots.values())

    @cached_property
    def asks(self) -> Asked | None:
        """What it asks of the customer; None may be everything."""
        return asked_of(each for slot in self.slots.values() for each in slot.conditions)

    @cached_property
    def version(self) -> str:
        """Another for everything that is said about it: 12 hexadecimal digits of a SHA-256."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]

    @property
    def contents(self) -> frozenset[str]:
        """The names of all that may be shown on it."""
        return frozenset(choice.content for slot in self.slots.values() for choice in slot.variants)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    surfaces: dict[Tag, Surface]


def load_surfaces(file: Path, there: Iterable[tuple[str, str]], known: Mapping[str, str]) -> dict[str, Surface]:
    """Read the surfaces of a project; one without the file has none. `there` are all contents with their channels,
    and `known` says by its name what each content for slots is sure to say.

    Raises yamlfile.FileProblems with every problem at its line.
    """
    if not file.is_file():
        return {}
    document = yamlfile.read(file)
    surfaces = yamlfile.validate(_File, document).surfaces
    problems = [problem for name, each in surfaces.items() for problem in _problems(document, name, each, known)]
    problems += _unknown(document, surfaces, set(there))
    if problems:
        raise FileProblems(problems)
    return surfaces


def said(texts: Iterable[str]) -> str:
    """Texts as they are compared: in small letters, with single blanks."""
    return " ".join(" ".join(texts).split()).casefold()


def _unknown(document: Document, found: Mapping[str, Surface], there: set[tuple[str, str]]) -> Iterator[Problem]:
    for_slots = sorted(name for name, channel in there if channel == SLOT)
    for name, surface in found.items():
        for slot, choice, place in _choices(surface):
            if (choice.content, SLOT) in there:
                continue
            path = ("surfaces", name, "slots", slot, "variants", place)
            if any(choice.content == each for each, _ in there):
                fix = f"write content/{choice.content}/{SLOT}.yaml.j2"
                yield document.problem(path, f"the content '{choice.content}' has nothing for slots", fix)
            else:
                fix = nearest(choice.content, for_slots)
                yield document.problem(path, f"there is no content '{choice.content}'", fix)


def _problems(document: Document, name: str, surface: Surface, known: Mapping[str, str]) -> Iterator[Problem]:
    path = ("surfaces", name)
    always = [slot for slot in surface.slots.values() if slot.required]
    for place, legal in enumerate(surface.legal):
        texts = [[known.get(choice.content, "") for choice in slot.variants] for slot in always]
        sure = any(all(said([legal.text]) in text for text in slot) for slot in texts)
        if legal.beside is None and not sure:
            message = "no required slot is sure to say this: everything that may fill one of them has to"
            yield document.problem((*path, "legal", place), message, "add a slot for it, with 'required: true'")


def _choices(surface: Surface) -> Iterator[tuple[str, Choice, int]]:
    for slot, each in surface.slots.items():
        for place, choice in enumerate(each.variants):
            yield slot, choice, place
