"""How the timeline says what came with an event."""

from typing import Any

import pytest

from starter.customers.timeline import said


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"size": "M", "gift": True, "note": None}, "size: M, gift: yes, note: nothing"),
        ({"consents": {"email": True, "push": False}}, "consents: (email: yes, push: no)"),
        (
            {"products": [{"product_id": "lumen-2", "price": 329.0}]},
            "products: (product_id: lumen-2, price: 329.0)",
        ),
        (["tents", "stoves"], "tents; stoves"),
        (3, "3"),
    ],
)
def test_a_value_is_said_in_words(value: Any, words: str):
    assert said(value) == words
