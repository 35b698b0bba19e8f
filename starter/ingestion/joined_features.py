"""The features of two customers who turn out to be one, and of one who turns out to be two."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from learning.features.document import Features, fold_all, merge_features
from learning.features.observed import Observed
from store.combining import COMBINED, Combining
from store.events import events_after
from store.segments import look_soon
from store.tables import CustomerFeatures, EventRecord, Merge


def _together(own: Sequence[Any], theirs: Sequence[Any]) -> list[CustomerFeatures]:
    (their,) = theirs
    mine = own[0] if own else CustomerFeatures(customer_id="", document={}, changed_at=their.changed_at)
    return [
        CustomerFeatures(
            customer_id=mine.customer_id,
            document=merge_features(mine.document, their.document),
            changed_at=(changed := max(mine.changed_at, their.changed_at)),
            look_at=changed,
        )
    ]


HOW: Combining = {**COMBINED, CustomerFeatures: _together}
"""How everything that two customers have one row each of becomes one's."""


def _observed(event: EventRecord) -> Observed:
    return Observed(event.name, int(min(event.occurred_at, event.received_at).timestamp()), event.properties)


async def part_features(session: AsyncSession, merge: Merge, now: datetime) -> None:
    """After a merge was undone: what came of the survivor's events since is folded anew, upon what the survivor
    had before. Features of the visits since, which only their events in passing told, begin again."""
    await look_soon(session, [merge.survivor_id, merge.gone_id], now)
    evidence = merge.evidence["combined"].get("customer_features")
    row = await session.get(CustomerFeatures, merge.survivor_id)
    if not evidence or row is None:
        return
    then = CustomerFeatures.model_validate(evidence["before"][0]) if evidence["before"][0] else None
    before: Features = then.document if then else {}
    if row.document != before:
        since = await events_after(session, merge.survivor_id, merge.evidence["last_event"])
        row.document = fold_all(before, [_observed(event) for event in since])
        row.changed_at = since[-1].received_at if since else then.changed_at if then else row.changed_at
        session.add(row)
        await session.flush()
