"""The mailbox as a page: every message as its recipient would see it, and as JSON."""

import re
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.mailbox import Mailbox, Message

_FOLDER = Path(__file__).parent / "templates"
_TEMPLATES = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True)
# A mail's pictures may load, as in a mail program; nothing in it runs.
_SAFE = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self';"
        " img-src http: https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "Cache-Control": "no-store",
}

_MARKS = (("*", "b"), ("_", "i"), ("~", "s"))


@dataclass(frozen=True)
class Pages:
    mailbox: Mailbox

    def routes(self) -> list[Route]:
        return [
            Route("/", _to_mailbox),
            Route("/mailbox", self.all),
            Route("/mailbox.json", self.as_json),
            Route("/mailbox/count", self.count),
            Route("/mailbox/live.js", _live),
            Route("/mailbox/{number:int}", self.one),
        ]

    async def all(self, request: Request) -> Response:
        """GET /mailbox"""
        return self._page(None)

    async def one(self, request: Request) -> Response:
        """GET /mailbox/{number}"""
        number = int(request.path_params["number"])
        if not 1 <= number <= len(self.mailbox.messages):
            return self._page(None, missing=number)
        return self._page(self.mailbox.messages[number - 1])

    async def as_json(self, request: Request) -> Response:
        """GET /mailbox.json"""
        return JSONResponse({"messages": [message.as_json() for message in self.mailbox.messages]})

    async def count(self, request: Request) -> Response:
        """GET /mailbox/count, for the page to see that there is more."""
        return JSONResponse({"count": len(self.mailbox.messages)})

    def _page(self, opened: Message | None, *, missing: int | None = None) -> Response:
        """The list beside the opened message; or beside word of one that is `missing`, by its number."""
        newest_first = self.mailbox.messages[::-1]
        page = _TEMPLATES.get_template("mailbox.html.j2").render(
            messages=newest_first, opened=opened, missing=missing
        )
        return HTMLResponse(page, 404 if missing is not None else 200, headers=_SAFE)


def _whatsapp_marks(text: str) -> Markup:
    """WhatsApp's *bold*, _italic_ and ~struck~."""
    shown = str(escape(text))
    for mark, tag in _MARKS:
        between = rf"(?<!\w)\{mark}(\S(?:[^\n]*?\S)?)\{mark}(?!\w)"
        shown = re.sub(between, rf"<{tag}>\1</{tag}>", shown)
    return Markup(shown)


_TEMPLATES.filters["whatsapp_marks"] = _whatsapp_marks


async def _to_mailbox(request: Request) -> Response:
    return RedirectResponse("/mailbox")


async def _live(request: Request) -> Response:
    return FileResponse(_FOLDER / "live.js", media_type="text/javascript")
