"""A message for each channel, as content would have rendered it."""

from typing import Any

from content.rendering import Rendered

FIELDS: dict[str, dict[str, Any]] = {
    "email": {
        "subject": "Still thinking about the Keb jacket?",
        "preheader": "It is still here",
        "html": "<html><body><p>It is still here, for <b>129,90 €</b>.</p></body></html>",
        "text": "It is still here, for 129,90 €.\n",
    },
    "push": {"title": "Still warm?", "body": "Two left in your size.", "data": {"url": "shop://product/keb"}},
    "whatsapp": {"template": "browse_offer", "language": "en", "parameters": ["Ada", "KEB10"]},
}
TEMPLATES = {"browse_offer": "Hello {{1}}, your code is {{2}}."}
RECIPIENTS = {"email": "ada@shoppers.example", "phone": "+4917012345678", "push_token": "token-of-ada"}


def rendered(channel: str, *, marketing: bool = True, **changed: Any) -> Rendered:
    """A message for `channel`, with some fields changed."""
    return Rendered(
        content="browse-reminder",
        channel=channel,
        fields=FIELDS[channel] | changed,
        marketing=marketing,
        unsubscribe_url="http://127.0.0.1:8080/u/dGhlLXRva2Vu" if marketing else "",
        content_version="1",
    )
