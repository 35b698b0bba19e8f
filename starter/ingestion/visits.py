"""Where on a site or in an app a tracking call was made, as Segment's clients tell it."""

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from learning.features.observed import Visit

_LONGEST = 200


def read_visit(kind: str, properties: Mapping[str, Any], context: Mapping[str, Any]) -> Visit | None:
    """The page of a `page` call or of the page that a browser's other calls were made on; the name of a screen.

    Without queries, as they carry tokens and addresses. None where no page is told of, as by a server.
    """
    if kind == "screen":
        return Visit(_text(properties.get("name")))
    told = properties if kind == "page" else _mapping(context.get("page"))
    here, path = _split(told.get("url"))
    path = _text(told.get("path")).partition("?")[0] or path
    if kind == "page":
        path = path or _text(told.get("name")) or "/"
    if not path:
        return None
    host, _ = _split(told.get("referrer"))
    return Visit(path, host if host != here else "")


def _split(url: object) -> tuple[str, str]:
    """The host and the path of an address; empty where there are none."""
    try:
        parts = urlsplit(_text(url))
        return (parts.hostname or "").removeprefix("www."), parts.path
    except ValueError:
        return "", ""


def _mapping(value: object) -> Mapping[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""
