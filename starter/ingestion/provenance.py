"""Tells why several ids are one person's: which event said so, by which rule, and when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict
from sqlmodel.ext.asyncio.session import AsyncSession

from store.customers import addresses_of, find_customer
from store.digests import digest
from store.identity import changes_of, ids_of, merges_of
from store.tables import Address, Identity, IdentityChange, Merge

_DIGESTED = {"email": "email", "phone": "phone", "push_token": "device", "web_push": "device"}
_SHOWN = 24
"""Characters of a long id that are shown: a browser's subscription tells nobody anything."""


class KnownId(BaseModel):
    """An id of a customer in words, and since when it is theirs, in UTC."""

    model_config = ConfigDict(frozen=True)

    kind: str
    value: str
    """The address itself where the customer gave it, else the digest that stands for it."""
    since: datetime
    event_id: str


class Evidence(BaseModel):
    """One link of the chain, and why it is there. `at` is in UTC."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    rule: Literal["first seen", "joined", "moved", "refused", "linked", "alias", "person", "undone"]
    reason: str
    """A sentence."""
    event_id: str = ""
    merge_id: int | None = None
    """By which the merge can be undone."""
    customers: tuple[str, ...]
    """The customers whom it concerns, the one it leads to first."""


class IdentityStory(BaseModel):
    """Why a customer's ids are one person's."""

    model_config = ConfigDict(frozen=True)

    customer_id: str
    formerly: tuple[str, ...]
    """The customers who turned out to be this one."""
    apart_from: tuple[str, ...]
    ids: tuple[KnownId, ...]
    chain: tuple[Evidence, ...]
    """In the order in which it happened."""


async def explain_identity(session: AsyncSession, customer_id: str) -> IdentityStory | None:
    """Why the ids of a customer are one person's, or None when there is no such customer."""
    customer = await find_customer(session, customer_id)
    if customer is None:
        return None
    identities = (await ids_of(session, [customer.id])).get(customer.id, [])
    words = Words(await addresses_of(session, customer.ids))
    chain = [
        *(_joined(identity, words) for identity in identities),
        *(_changed(change, words) for change in await changes_of(session, customer.ids)),
    ]
    for merge in await merges_of(session, customer.ids):
        chain += _merged(merge, words)
    return IdentityStory(
        customer_id=customer.id,
        formerly=tuple(customer.absorbed),
        apart_from=tuple(customer.apart_from),
        ids=tuple(
            KnownId(kind=i.kind, value=words.value(i.kind, i.value), since=i.since, event_id=i.event_id)
            for i in identities
        ),
        chain=tuple(sorted(chain, key=lambda evidence: evidence.at)),
    )


class Words:
    """Reads digests as the addresses that they stand for, as far as those are known."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._plain = {
            (_DIGESTED[a.kind], digest(a.kind, a.value)): a.value for a in addresses if a.kind in _DIGESTED
        }

    def value(self, kind: str, value: str) -> str:
        """An id as people read it."""
        plain = self._plain.get((kind, value), value)
        return plain if len(plain) <= _SHOWN or kind in ("email", "user", "anonymous") else f"{plain[:_SHOWN]}..."

    def id(self, kind: str, value: str) -> str:
        """An id with its kind, within a sentence."""
        name = {"user": "the user id", "anonymous": "the anonymous id", "device": "the device"}.get(kind, kind)
        return f"{name} {self.value(kind, value)}"


def _joined(identity: Identity, words: Words) -> Evidence:
    known = words.id(identity.kind, identity.value)
    by = words.id(identity.by_kind, identity.by_value) if identity.by_kind else ""
    reason = f"an event named {known} beside {by}" if by else f"an event named {known}, which nobody had"
    return Evidence(
        at=identity.since,
        rule="joined" if by else "first seen",
        reason=reason,
        event_id=identity.event_id,
        customers=(identity.customer_id,),
    )


def _changed(change: IdentityChange, words: Words) -> Evidence:
    known, by = words.id(change.kind, change.value), words.id(change.by_kind, change.by_value)
    if change.rule == "moved":
        reason = f"{known} came from {change.other_id}: an event named it beside {by}, which is stronger"
    else:
        reason = f"an alias of {known} and {by} was refused: together they would pass a limit of identity.limits"
    return Evidence(
        at=change.at,
        rule="moved" if change.rule == "moved" else "refused",
        reason=reason,
        event_id=change.event_id,
        customers=(change.customer_id, change.other_id),
    )


def _merged(merge: Merge, words: Words) -> list[Evidence]:
    pair = (merge.survivor_id, merge.gone_id)
    ids = f"{words.id(merge.by_kind, merge.by_value)} and {words.id(merge.kind, merge.value)}"
    reasons: dict[str, str] = {
        "linked": f"an event named {ids}; the one who is gone had no stronger id",
        "alias": f"an alias said that {ids} are one person's",
        "person": f"{merge.by} merged them: {merge.reason}",
    }
    rule: Literal["linked", "alias", "person"] = (
        "person" if merge.rule == "person" else "alias" if merge.rule == "alias" else "linked"
    )
    told = Evidence(
        at=merge.at,
        rule=rule,
        reason=reasons[rule],
        event_id=merge.event_id,
        merge_id=None if merge.undone_at else merge.id,
        customers=pair,
    )
    if merge.undone_at is None:
        return [told]
    undone = f"{merge.undone_by} undid the merge"
    return [told, Evidence(at=merge.undone_at, rule="undone", reason=undone, customers=pair)]
