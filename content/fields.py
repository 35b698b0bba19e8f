"""Texts that must be one line: a title, a subject, whatever could otherwise add a header."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")


def _one_line(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("must be one line")
    return text


Line = Annotated[str, Field(max_length=998), AfterValidator(_one_line)]
FilledLine = Annotated[Line, Field(min_length=1)]
