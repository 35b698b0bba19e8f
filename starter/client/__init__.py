"""The Python client: sends events from a backend service, and decides approvals for a person.

    async with Sojourn("https://journeys.example.com", "write-key") as sojourn:
        await sojourn.track("user-42", "Product Viewed", {"product_id": "p1"})

When a call returns, the events are durable. A call that was cut short is sent again with the same ids, so
that nothing counts twice.
"""

from starter.client.errors import Refused as Refused
from starter.client.errors import SojournError as SojournError
from starter.client.errors import Unavailable as Unavailable
from starter.client.sojourn import BATCH_ITEMS as BATCH_ITEMS
from starter.client.sojourn import Sojourn as Sojourn
