"""Reads rendered content in the shape its channel has, before a provider makes a message of it."""

import json
from typing import TypeVar

from pydantic import ValidationError

from activities.channels.model import Refused
from content.rendering import Rendered
from content.shapes import Fields

Shape = TypeVar("Shape", bound=Fields)


def read_fields(shape: type[Shape], rendered: Rendered) -> Shape:
    """The fields of `rendered`. Raises Refused when one is missing or of the wrong kind."""
    check_text(rendered)
    try:
        return shape.model_validate(rendered.fields)
    except ValidationError as error:
        wrong = error.errors()[0]
        reason = f"{rendered.content}: '{'.'.join(map(str, wrong['loc']))}': {wrong['msg']}"
        raise Refused("content.wrong_field", reason, "fix_content") from error


def check_text(rendered: Rendered) -> None:
    """Raises Refused when the fields of `rendered` cannot leave as JSON."""
    try:
        json.dumps(rendered.fields, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        reason = f"{rendered.content}: half a character, which no vendor takes"
        raise Refused("content.wrong_field", reason, "fix_content") from error
