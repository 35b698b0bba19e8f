"""What keeps marketing of each channel from a customer: no live address, a suppression, or what they agreed to."""

from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from policies.double_opt_in import DoubleOptInPolicy
from policies.registry import load_policies
from starter.changes.policies import SUBJECT, live_text
from store.consents import consents_of, standing
from store.customers import addresses_of
from store.suppressions import KINDS, find_suppression
from store.tables import Address, ConsentRecord, Customer

_REACHED_BY = {
    "email": ("email",),
    "sms": ("phone",),
    "whatsapp": ("phone", "whatsapp_user_id"),
    "push": ("push_token",),
    "web_push": ("web_push",),
}
"""The kinds of address of which each channel needs one; messages inside the app need none."""


async def obstacles(
    session: AsyncSession, customer: Customer, channels: Collection[str], now: datetime
) -> list[str]:
    """What keeps marketing of each of these channels from a customer at a moment, in UTC, each as a sentence."""
    addresses = await addresses_of(session, [customer.id])
    consents = {
        row.channel: row
        for row in await consents_of(session, customer.id)
        if row.purpose == "marketing" and not row.topic
    }
    confirming = await _double_opt_in(session)
    found: list[str] = []
    for channel in sorted(channels):
        found += await _at_addresses(session, channel, addresses)
        found += _by_consent(channel, consents.get(channel), confirming, now)
    return found


async def _double_opt_in(session: AsyncSession) -> DoubleOptInPolicy | None:
    """The project's policy that asks for confirmed consents, if it has one."""
    live = await live_text(session)
    policies = load_policies(Path(SUBJECT), live) if live else ()
    return next((policy for policy in policies if isinstance(policy, DoubleOptInPolicy)), None)


async def _at_addresses(session: AsyncSession, channel: str, addresses: Collection[Address]) -> list[str]:
    kinds = _REACHED_BY.get(channel, ())
    known = [row for row in addresses if row.kind in kinds]
    found: list[str] = []
    if kinds and not any(row.active for row in known):
        dead = next((f": {row.why_inactive}" for row in known if row.why_inactive), "")
        found.append(f"{channel}: there is no live {' or '.join(kinds).replace('_', ' ')}{dead}")
    for row in known:
        listed = await find_suppression(session, row.kind, row.value) if row.kind in KINDS else None
        if listed:
            found.append(f"{channel}: {row.value} is suppressed ({listed.reason}, {listed.source})")
    return found


def _by_consent(
    channel: str, consent: ConsentRecord | None, confirming: DoubleOptInPolicy | None, now: datetime
) -> Iterator[str]:
    if consent is None:
        yield f"{channel}: they never said yes to marketing"
        return
    match standing(consent, now):
        case "withdrawn":
            yield f"{channel}: they said no to marketing on {consent.at:%Y-%m-%d} ({consent.source})"
        case "ended":
            yield f"{channel}: their yes to marketing ended on {consent.until:%Y-%m-%d} ({consent.source})"
        case "granted" if confirming and channel in confirming.channels:
            where = " and ".join(sorted(confirming.countries))
            yield (
                f"{channel}: they have not confirmed their yes to marketing of {consent.at:%Y-%m-%d}, which the "
                f"policy '{confirming.name}' asks for in {where}"
            )
        case "granted" | "confirmed":
            pass
