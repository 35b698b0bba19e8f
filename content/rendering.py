"""What goes into the rendering of a content, what comes out, and how it can fail."""

from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from content.assembly import Choose, Pick
from project.model import Brand


class Rendered(BaseModel):
    """The finished content of one message, before a provider gives it its own form.

    `fields` by channel: email has `subject`, `preheader`, `html` and `text`; push has `title`, `body` and
    `data`; whatsapp has `template`, `language` and `parameters`; the others as `content.shapes` says.
    """

    model_config = ConfigDict(frozen=True)

    content: str
    channel: str
    fields: dict[str, Any]
    marketing: bool
    topic: str = ""
    """The list that the content belongs to, or empty."""
    unsubscribe_url: str = ""
    language: str | None = None
    categories: frozenset[str] = frozenset()
    """What the content and its product are about."""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    margin: float | None = None
    """Per cent of its product's price that stay with the shop; None when the catalogue does not say."""
    author: str = ""
    """Who wrote the content, if it says so."""
    template_text: str = ""
    """The text of the vendor's template, if the content says it: see `content.vendor_templates`."""
    picks: tuple[Pick, ...] = ()
    """What stands in its slots, and why."""
    content_version: str
    """The hash of the template this was rendered from."""


class Recipient(BaseModel):
    """Whom a message is for: what is known of them, and how they read numbers and clocks."""

    model_config = ConfigDict(frozen=True)

    traits: dict[str, Any] = Field(default_factory=dict)
    locale: str = "en"
    """A BCP 47 tag such as `de-DE`; an unknown one is read as the content's language."""
    time_zone: str | None = None
    """An IANA zone; an unknown one is read as UTC."""
    seen: dict[str, Any] = Field(default_factory=dict)
    """The customer as conditions see them, features included; empty is the traits alone."""


class OfferTerms(BaseModel):
    """What this message promises: a discount in per cent, until a moment in UTC."""

    model_config = ConfigDict(frozen=True)

    discount: float
    expires_at: datetime


class RenderContext(BaseModel):
    """All that a template may know. The same context and template always give the same message."""

    model_config = ConfigDict(frozen=True)

    brand: Brand
    customer: Recipient
    event: dict[str, Any]
    """The properties of the event that started the run. Whoever sends events chose them: never trusted."""
    run: dict[str, Any] = Field(default_factory=dict)
    """What the run's `set` steps and tools left in it. It may come from events: never trusted."""
    offer: OfferTerms | None = None
    unsubscribe_url: str
    preferences_url: str
    """A page on which the customer chooses what to hear about."""
    confirm_url: str = ""
    """On which the customer confirms that they want marketing over the channel."""
    now: datetime
    delivery_id: str
    url_key: bytes = Field(default=b"", repr=False)
    """Signs the links that the filter `signed` makes."""
    choose: Choose | None = Field(default=None, repr=False)
    """Chooses in slots that have a planner, the same each time; without it they are filled as they are written."""


class ContentError(Exception):
    """No message can be made.

    ContentError
    +-- UnknownContent    there is no such approved content, or not for this channel
    +-- RenderingFailed   the template and this customer's data do not fit together
    """


class UnknownContent(ContentError):
    """The library has no approved content of that name for that channel."""


class RenderingFailed(ContentError):
    """A template failed at a line of its file: an undefined variable, or a result that cannot be sent."""

    def __init__(self, file: Path, line: int, reason: str) -> None:
        self.file = file
        self.line = line
        self.reason = reason
        super().__init__(f"{file}:{line}: {reason}")

    def seen_from(self, folder: Path) -> "RenderingFailed":
        """The same failure with the file named from a folder that it lies in."""
        return RenderingFailed(self.file.relative_to(folder), self.line, self.reason)
