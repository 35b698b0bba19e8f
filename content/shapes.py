"""What the finished fields of each channel must be."""

import re
from html.parser import HTMLParser
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from content.fields import FilledLine, Line

_ADDRESS = re.compile(r"(https?://\S|mailto:|tel:|cid:|#)", re.IGNORECASE)
_UNREADABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
# A template may begin with the variable that has the whole address; filled in, braces lead nowhere.
_TARGET = re.compile(r"https?://[^\s/]|/(?![/\\])|\{\{", re.IGNORECASE)
_LINKS = frozenset({"href", "src", "action", "formaction", "background", "poster", "data"})


def _with_honest_links(html: str) -> str:
    """Refuse addresses that run code or lead nowhere in a mail. Raises ValueError."""
    _LinkReader(convert_charrefs=True).feed(html)
    return html


class _LinkReader(HTMLParser):
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, address in attrs:
            if name in _LINKS and not _ADDRESS.match((address or "").strip()):
                raise ValueError(f'<{tag} {name}="{address or ""}"> is not an address a mail can have')


def _readable(text: str) -> str:
    if not text.strip() or _UNREADABLE.search(text):
        raise ValueError("must be a text that can be read, without control characters")
    return text


def _safe_target(url: str) -> str:
    if url and not _TARGET.match(url):
        raise ValueError("must be a web address, or a path on the site that starts with one /")
    return url


Target = Annotated[Line, AfterValidator(_safe_target)]
"""Where a click leads: never to a script."""


class Fields(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EmailFields(Fields):
    subject: FilledLine
    preheader: Line
    text: str = Field(min_length=1)
    html: Annotated[str, AfterValidator(_with_honest_links)] = ""


class PushFields(Fields):
    title: FilledLine
    body: str = Field(min_length=1)
    data: dict[str, str] = Field(default_factory=dict)


class WhatsappFields(Fields):
    """A template that the vendor approved, with what fills its places, in order; a free text, which leaves only
    while the customer wrote within 24 hours; or both, the template for whoever did not."""

    template: Line = ""
    language: Line = ""
    parameters: list[FilledLine] = []
    text: Annotated[str, Field(max_length=4096)] = ""

    @model_validator(mode="after")
    def _says_something(self) -> "WhatsappFields":
        if bool(self.template) != bool(self.language):
            raise ValueError("a template has a name and a language: write template and language")
        if not self.template and not self.text.strip():
            raise ValueError("write template and language, or text, or both")
        return self


class SmsFields(Fields):
    text: Annotated[str, AfterValidator(_readable)]


class WebPushFields(Fields):
    title: FilledLine
    body: str = Field(min_length=1)
    url: Target = ""
    """What opens when it is clicked."""


class SurfaceFields(Fields):
    """A card within the shop's own app or site."""

    title: FilledLine
    body: str = ""
    action_label: Line = ""
    action_url: Target = ""
    image_url: Target = ""
    image_alt: Line = ""
    """What the picture shows, for those who do not see it; empty where it only adorns."""
    items: list[FilledLine] = []
    """The entries of a checklist, in order."""
    anchor: Line = ""
    """The CSS selector of what a tooltip points at."""


SHAPES: dict[str, type[Fields]] = {
    "email": EmailFields,
    "push": PushFields,
    "whatsapp": WhatsappFields,
    "sms": SmsFields,
    "web_push": WebPushFields,
    **dict.fromkeys(("inbox", "banner", "checklist", "tooltip", "slot"), SurfaceFields),
}
"""By channel; a channel without a shape takes any fields."""
