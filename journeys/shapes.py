"""`events.yaml`: which events there are, what they carry, and what is known of a customer.

The file is optional. What it declares is checked in every condition; what it does not mention is left open.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

import yamlfile

TypeName = Literal["string", "number", "integer", "boolean", "timestamp", "list", "object"]


def _type_alone(value: object) -> object:
    return {"type": value} if isinstance(value, str) else value


class Shape(BaseModel):
    """One property of an event, or one attribute of the customer. A bare type is a shape without more."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    type: TypeName
    enum: tuple[str | int | float | bool, ...] = ()
    """The values it may have; none named is any."""
    pii: bool | None = None
    """Whether it tells who the customer is; unsaid, its name is gone by."""
    of: "Annotated[Shape | None, BeforeValidator(_type_alone)]" = None
    """What the items of a list are."""
    fields: "dict[str, Annotated[Shape, BeforeValidator(_type_alone)]]" = {}
    """What an object has; none named is anything."""

    @model_validator(mode="after")
    def _fits_its_type(self) -> "Shape":
        if self.of and self.type != "list":
            raise ValueError("'of' says what a list holds; this is no list")
        if self.fields and self.type != "object":
            raise ValueError("'fields' says what an object has; this is no object")
        return self


Attributes = dict[str, Annotated[Shape, BeforeValidator(_type_alone)]]


def _nothing_is_no_properties(value: object) -> object:
    return {} if value is None else value


class Shapes(BaseModel):
    """Everything that `events.yaml` declares. None is what it says nothing about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    events: dict[str, Annotated[Attributes, BeforeValidator(_nothing_is_no_properties)]] | None = None
    customer: Attributes | None = None


def load_shapes(file: Path) -> Shapes:
    """Read `events.yaml`; a project without one declares nothing. Raises yamlfile.FileProblems."""
    return yamlfile.read_as(Shapes, file) if file.is_file() else Shapes()
