"""What a rendered template is."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Rendered(BaseModel):
    """The finished content of one message, before a provider gives it its own form.

    `fields` by channel: email has `subject`, `preheader`, `html` and `text`; push has `title`, `body` and
    `data`; whatsapp has `template`, `language` and `parameters`.
    """

    model_config = ConfigDict(frozen=True)

    content: str
    channel: str
    fields: dict[str, Any]
    marketing: bool
    unsubscribe_url: str = ""
    content_version: str
    """The hash of the template this was rendered from."""
