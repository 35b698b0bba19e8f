"""The parts that rendered content has on each channel, checked before a provider makes a message of them."""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from activities.channels.model import Refused
from content.rendering import Rendered


class _Fields(BaseModel):
    model_config = ConfigDict(frozen=True)


class EmailFields(_Fields):
    subject: str = Field(min_length=1)
    preheader: str = ""
    html: str = Field(min_length=1)
    text: str = Field(min_length=1)


class PushFields(_Fields):
    title: str = Field(min_length=1)
    body: str
    data: dict[str, Any] = Field(default_factory=dict)


class WhatsAppFields(_Fields):
    template: str = Field(min_length=1)
    language: str = Field(min_length=2)
    parameters: tuple[str | int | float, ...] = ()


Fields = TypeVar("Fields", bound=_Fields)


def read_fields(kind: type[Fields], rendered: Rendered) -> Fields:
    """The parts of `rendered`. Raises Refused when one is missing or of the wrong kind."""
    try:
        return kind.model_validate(rendered.fields)
    except ValidationError as error:
        wrong = error.errors()[0]
        reason = f"{rendered.content}: '{'.'.join(map(str, wrong['loc']))}': {wrong['msg']}"
        raise Refused("content.wrong_field", reason, "fix_content") from error
