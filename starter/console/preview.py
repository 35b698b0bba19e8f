"""A message as its recipient will see it, read from exactly what would leave."""

import json
from dataclasses import dataclass
from typing import Any, Literal, cast

from fastapi.responses import HTMLResponse

from content.rendering import Rendered
from content.vendor_templates import filled_in
from store.tables import Approval


@dataclass(frozen=True)
class Preview:
    """What to show: a `mail` in its own frame, a `push` or a `chat` as a bubble, a business `action` with what
    it is given, a `question` in words, or `raw` fields.

    A chat without a title is its text; with one it is a template of that name.
    """

    kind: Literal["mail", "push", "chat", "action", "question", "raw"]
    title: str = ""
    text: str = ""
    html: str = ""
    sender: str = ""
    slots: tuple[str, ...] = ()
    """What fills the places of a template that the vendor keeps; of an action, what it is given."""


def preview_of(approval: Approval) -> Preview:
    """The preview of an approval's message; the raw fields for a provider this page does not know."""
    if tool := approval.message.get("tool"):
        given = cast(dict[str, Any], approval.message["given"])
        return Preview("action", title=str(tool), slots=tuple(map(_given, given.items())))
    if about := approval.message.get("about"):
        return Preview("question", text=str(about))
    body = cast(dict[str, Any], approval.message.get("body") or {})
    if "html" in body or "subject" in body:
        return Preview(
            "mail",
            title=str(body.get("subject", "")),
            text=str(body.get("text", "")),
            html=str(body.get("html", "")),
            sender=str(body.get("from") or body.get("sender") or ""),
        )
    if "notification" in body.get("message", {}):
        shown = body["message"]["notification"]
        return Preview("push", title=str(shown.get("title", "")), text=str(shown.get("body", "")))
    if "aps" in body.get("payload", {}):
        alert = body["payload"]["aps"]["alert"]
        return Preview("push", title=str(alert.get("title", "")), text=str(alert.get("body", "")))
    if isinstance(written := body.get("text"), dict):
        return _free_text(str(cast(dict[str, Any], written)["body"]), body.get("otherwise"))
    if "template" in body:
        return _template(body)
    if isinstance(card := body.get("shown") or body.get("content"), dict):
        said = cast(dict[str, Any], card)
        items = cast(list[str], said.get("items") or [])
        return Preview(
            "push", title=str(said.get("title", "")), text="\n".join([str(said.get("body", "")), *items])
        )
    if chat := body.get("Body") or body.get("text"):
        return Preview("chat", text=str(chat))
    return Preview("raw", text=json.dumps(approval.message, indent=2, ensure_ascii=False))


def _given(item: tuple[str, Any]) -> str:
    """`Order id: o-7`."""
    name, value = item
    said = f"{value:,.2f}" if isinstance(value, float) else str(value)
    return f"{name.replace('_', ' ').capitalize()}: {said}"


def _free_text(text: str, otherwise: dict[str, Any] | None) -> Preview:
    """A text that leaves if the customer wrote within 24 hours, and what leaves if not."""
    if otherwise is None:
        return Preview("chat", text=text)
    template = otherwise["template"]
    name = otherwise.get("reads") or f"{template['name']} ({template['language']['code']})"
    return Preview("chat", text=_with_template(text, name), slots=_slots(template))


def _template(body: dict[str, Any]) -> Preview:
    """What the recipient reads where the content says the template's text; else its name, and what fills it."""
    if reads := body.get("reads"):
        return Preview("chat", text=str(reads))
    template = body["template"]
    name, language = str(template["name"]), str(template["language"]["code"])
    return Preview("chat", title=name, text=language, slots=_slots(template))


def _with_template(text: str, name: str) -> str:
    return f"{text}\n\nIf they have not written for 24 hours: {name}"


def preview_of_fields(rendered: Rendered) -> Preview:
    """The preview of a content that was filled in, before any provider gave it its form."""
    fields = rendered.fields
    if rendered.channel == "email":
        return Preview("mail", title=fields["subject"], text=fields["text"], html=fields["html"])
    if fields.get("template"):
        return _template_of_fields(rendered)
    if "text" in fields:
        return Preview("chat", text=str(fields["text"]))
    if "title" in fields:
        said = [str(fields.get("body", "")), *map(str, fields.get("items", ()))]
        return Preview("push", title=str(fields["title"]), text="\n".join(said))
    return Preview("raw", text=json.dumps(fields, indent=2, ensure_ascii=False))


def _template_of_fields(rendered: Rendered) -> Preview:
    fields, said = rendered.fields, rendered.template_text
    slots, text = tuple(map(str, fields.get("parameters", ()))), str(fields.get("text", ""))
    reads = filled_in(said, slots) if said else ""
    if text:
        name = reads or f"{fields['template']} ({fields['language']})"
        return Preview("chat", text=_with_template(text, name), slots=slots)
    if reads:
        return Preview("chat", text=reads)
    return Preview("chat", title=str(fields["template"]), text=str(fields["language"]), slots=slots)


def framed(html: str) -> HTMLResponse:
    """A mail for a frame on a page. It may run nothing and load nothing from elsewhere: an image fetched here
    would count as an open by the customer."""
    policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return HTMLResponse(html, headers=headers)


def _slots(template: dict[str, Any]) -> tuple[str, ...]:
    return tuple(
        str(parameter.get("text", ""))
        for component in template.get("components", [])
        for parameter in component.get("parameters", [])
    )
