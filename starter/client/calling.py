"""How the parts of the Python client call the server."""

from collections.abc import Callable, Coroutine
from typing import Any

Ask = Callable[..., Coroutine[Any, Any, dict[str, Any]]]
"""Asks the server: method, path, and what httpx takes beside them. Raises starter.client.errors.SojournError."""
Rows = list[dict[str, Any]]
"""A whole listing."""
