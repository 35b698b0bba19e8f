"""Asks vendors about messages of which nobody knows whether they left, before they are left for a person.

Nothing is ever sent again here: what the vendor has is settled as sent, and of what it does not have a person can
read that it was asked.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from activities.channels.model import OutgoingMessage, Provider, RetryLater, SendError, Sought
from activities.delivering.draft import hash_message
from store.customers import addresses_of
from store.database import Database
from store.outcomes import Taken, find_by_provider_id, settle_taken
from store.tables import Delivery
from store.unknowns import list_unknown, note_search

LOOK_EVERY = 30.0
"""Seconds between two looks at what is unknown."""
_FIRST = timedelta(minutes=1)
"""Vendors take a moment until their search knows what they took."""
_LAST = timedelta(days=2)
"""For how long vendors are asked."""
_log = logging.getLogger(__name__)


class Reconciling:
    """Asks the vendors of one installation. `providers` are those by channel."""

    def __init__(self, database: Database, providers: Mapping[str, Provider]) -> None:
        self._database = database
        self._providers = providers

    async def keep_asking(self) -> None:
        """Go on asking, until cancelled."""
        while True:
            try:
                await self.ask(datetime.now(UTC))
            except Exception:  # noqa: BLE001 the edge of the process: the database may be away; it is tried again
                _log.exception("vendors could not be asked about what is unknown")
            await asyncio.sleep(LOOK_EVERY)

    async def ask(self, now: datetime) -> int:
        """Ask about each message that it is time for: after a minute, and then each time it has waited for twice
        as long, for two days. Gives how many turned out to have left.

        A vendor that cannot answer now is left alone until the next look: SendGrid takes six questions a minute.
        """
        async with self._database.reading() as session:
            unknown = await list_unknown(session, now - _LAST, now - _FIRST)
        settled, silent = 0, set[str]()
        for delivery in unknown:
            if delivery.channel in silent or not _is_due(delivery, now):
                continue
            try:
                settled += await self._settle(delivery, now)
            except RetryLater:
                silent.add(delivery.channel)
        return settled

    async def _settle(self, delivery: Delivery, now: datetime) -> bool:
        """Ask about one; gives whether it had left. The answer is written down, whatever it is. Raises RetryLater
        when the vendor gives none now."""
        provider = self._providers.get(delivery.channel)
        if provider is None or provider.provider != delivery.provider:
            await self._note(delivery, now, "its provider was no longer set up")
            return False
        try:
            found = await provider.search(await self._sought(delivery, provider))
        except SendError as error:
            await self._note(delivery, now, f"the vendor could not be asked ({error.code})")
            if isinstance(error, RetryLater):
                raise
            return False
        if found is None:
            await self._note(delivery, now, "the vendor could not be asked, as it has no search")
            return False
        async with self._database.transaction() as session:
            # A vendor that shows only texts may show that of another message to the same customer.
            others = await find_by_provider_id(session, delivery.channel, found)
            own = next((one for one in found if one not in others or others[one].id == delivery.id), None)
            if own is not None:
                await settle_taken(session, [Taken(delivery.id, own, delivery.reserved_at)])
                return True
        await self._note(delivery, now, "the vendor was asked, and had no such message")
        return False

    async def _sought(self, delivery: Delivery, provider: Provider) -> Sought:
        async with self._database.reading() as session:
            addresses = await addresses_of(session, [delivery.customer_id])

        def is_it(message: OutgoingMessage) -> bool:
            return hash_message(message) == delivery.content_hash

        recipients = tuple(address.value for address in addresses if address.kind in provider.kinds())
        return Sought(delivery.id, recipients, delivery.reserved_at, is_it)

    async def _note(self, delivery: Delivery, now: datetime, what: str) -> None:
        async with self._database.transaction() as session:
            await note_search(session, delivery.id, what, now)


def _is_due(delivery: Delivery, now: datetime) -> bool:
    asked = delivery.searched_at
    return asked is None or now - asked >= asked - delivery.reserved_at
