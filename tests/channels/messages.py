"""A message for each channel, as content would have rendered it."""

import json
from typing import Any

from content.rendering import Rendered

CARD = {
    "title": "Still thinking about it?",
    "body": "The Keb jacket is still here.",
    "action_label": "Look again",
    "action_url": "https://shop.example/keb",
    "image_url": "/images/keb.jpg",
    "image_alt": "A grey Keb pack",
    "items": ["Choose a size", "Choose a colour"],
    "anchor": "#cart",
}
FIELDS: dict[str, dict[str, Any]] = {
    "email": {
        "subject": "Still thinking about the Keb jacket?",
        "preheader": "It is still here",
        "html": "<html><body><p>It is still here, for <b>129,90 €</b>.</p></body></html>",
        "text": "It is still here, for 129,90 €.\n",
    },
    "push": {"title": "Still warm?", "body": "Two left in your size.", "data": {"url": "shop://product/keb"}},
    "whatsapp": {"template": "browse_offer", "language": "en", "parameters": ["Ada", "KEB10"]},
    "sms": {"text": "Northwind: the Keb jacket is back in your size. Stop: reply STOP"},
    "web_push": {"title": "Still warm?", "body": "Two left in your size.", "url": "https://shop.example/keb"},
    "slack": {"text": "*Lena Koch* looked at the Keb jacket three times today."},
    "webhook": {"reason": "high intent", "product": {"url": "https://shop.example/keb"}},
    **dict.fromkeys(("inbox", "banner", "checklist", "tooltip"), CARD),
}
TEMPLATES = {"browse_offer": "Hello {{1}}, your code is {{2}}."}
RECIPIENTS = {
    "email": "ada@shoppers.example",
    "phone": "+4917012345678",
    "push_token": "ada0" * 16,
    "customer": "c_ada",
}
"""By kind of address; a browser's subscription is added when there is a push service to subscribe to."""


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


def seen_by_vendor(recipient: str) -> str:
    """What the vendor knows a recipient by: of a browser's subscription it sees the endpoint alone."""
    return json.loads(recipient)["endpoint"] if recipient.startswith("{") else recipient
