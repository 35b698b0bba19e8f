"""The shop's first page, as a shopper's browser asks for it: a planner chooses what stands in one of its slots."""

from collections import Counter

import httpx

from journeys.ids import surface_journey
from starter.demo.shoppers import Shopper
from store.database import Database
from store.planning import list_decisions

_SURFACE, _CHOSEN = "homepage", "social_proof"
_PATIENCE_S = 30.0
"""A machine that is busy with everything else takes longer than a shop's server may."""


class Homepage:
    """Opens the page over HTTP, as the site's own script does."""

    def __init__(self, url: str, write_key: str) -> None:
        self._url = f"{url}/v1/slots"
        self._write_key = write_key

    async def open(self, shopper: Shopper) -> str:
        """Look at the page, and say what stood in the slot whose content is chosen. Raises httpx.HTTPError."""
        who = {"writeKey": self._write_key, "userId": shopper.user_id}
        async with httpx.AsyncClient(trust_env=False, params=who, timeout=_PATIENCE_S) as browser:
            answer = await browser.get(f"{self._url}/{_SURFACE}")
            answer.raise_for_status()
            [part] = answer.json()["slots"][_CHOSEN]
            (await browser.post(f"{self._url}/{part['id']}/seen")).raise_for_status()
        return str(part["title"])


async def chosen_on_homepage(database: Database) -> dict[str, int]:
    """How often each content was chosen for the page."""
    async with database.reading() as session:
        found = await list_decisions(session, journey=surface_journey(_SURFACE))
    return dict(Counter(row.option for row in found.rows))
