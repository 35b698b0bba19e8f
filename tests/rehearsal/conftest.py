"""The retail journey, rehearsed: who Lena is, and what she looks at."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from starter.rehearsal.story import Story
from starter.rehearsal.testing import Rehearse
from tests.conftest import RETAIL

JOURNEY = RETAIL / "journeys" / "browse-abandonment.yaml"
LENA: dict[str, Any] = {
    "time_zone": "Europe/Berlin",
    "addresses": {
        "email": "lena.koch@example.com",
        "phone": "+4915112345642",
        "push_token": "lena-phone:APA91bGk4vY2",
    },
    "consents": ["email", "push", "whatsapp"],
}
VIEWED: dict[str, Any] = {
    "at": "0m",
    "event": "Product Viewed",
    "product_id": "lumen-2",
    "name": "Lumen 2 tent",
    "price": 329.0,
    "currency": "EUR",
    "url": "https://northwind.example/p/lumen-2",
}

Lena = Callable[..., Awaitable[Story]]


@pytest.fixture
def lena_views(rehearsal: Rehearse) -> Lena:
    """Lena looks at the tent; then comes what is given."""

    async def play(*events: dict[str, Any], start: str | None = None, **changes: Any) -> Story:
        return await rehearsal(JOURNEY, customer=LENA | changes, events=[VIEWED, *events], start=start)

    return play
