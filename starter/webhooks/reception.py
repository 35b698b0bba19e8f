"""Takes in what vendors report: durable before they are answered, and counted once however often it is told."""

import asyncio
import hashlib
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from starter.ingestion.acceptance import Ingestion
from starter.ingestion.incoming import DeadAddress, Incoming, Profile, Who
from starter.ingestion.items import LARGEST
from starter.ingestion.profile import WHATSAPP_USER_ID
from starter.recipients.happenings import happening, wish
from starter.webhooks.matching import Match, match_reports
from starter.webhooks.model import ABOUT_PEOPLE, Report, Unknown, Vendor
from store.database import Database
from store.outcomes import RANK, TAKEN, Taken, settle_taken
from store.suppressions import Reason
from store.tables import Refusal, WaitingReport
from store.webhooks import (
    add_tallies,
    forget_reports,
    give_up_waiting,
    keep_waiting,
    matching_reports,
    waited_since,
)

WAITS_FOR = timedelta(days=1)
"""For how long a report waits for its delivery: longer than any send can take to return."""
LOOK_EVERY = 2.0
"""Seconds between two looks at the reports that wait."""
_AT_ONCE = 500

_log = logging.getLogger(__name__)


class Reception:
    """Where the reports of all vendors come in."""

    def __init__(self, database: Database, ingestion: Ingestion) -> None:
        self._database = database
        self._ingestion = ingestion
        self._counts = Counter[tuple[str, str]]()

    def count(self, vendor: str, what: str, times: int = 1) -> None:
        """Count something that came. The tallies are written now and then."""
        self._counts[vendor, what] += times

    async def take(self, vendor: Vendor, said: Sequence[Report | Unknown], received_at: datetime) -> None:
        """Keep everything that a call says. When it returns, all of it is durable.

        Raises starter.ingestion.pressure.NotAccepted; then the same call has to come again.
        """
        unknown = [one for one in said if isinstance(one, Unknown)]
        for one in unknown:
            self.count(vendor.vendor, f"unknown: {one.kind[:60]}")
        refusals = [_refusal(vendor.vendor, one, received_at) for one in unknown if one.raw]
        reports = [one for one in said if isinstance(one, Report)]
        async with self._database.reading() as session:
            found = await match_reports(session, vendor.channel, reports, received_at)
        if found.early:
            async with self._database.transaction() as session:
                await keep_waiting(session, [_waiting(vendor, report, received_at) for report in found.early])
        self.count(vendor.vendor, "early", len(found.early))
        self.count(vendor.vendor, "about no message of ours", len(found.foreign))
        await self._accept(vendor.vendor, vendor.channel, found.matches, refusals, received_at)

    async def match_waiting(self) -> int:
        """Take in the reports whose delivery has become known meanwhile. Gives how many there were."""
        now = datetime.now(UTC)
        async with self._database.reading() as session:
            waiting = await matching_reports(session, _AT_ONCE)
        for row in waiting:
            async with self._database.reading() as session:
                found = await match_reports(session, row.channel, [Report.model_validate(row.report)], now)
            await self._accept(row.vendor, row.channel, found.matches, [], now)
        if waiting:
            async with self._database.transaction() as session:
                await forget_reports(session, [row.id for row in waiting])
        return len(waiting)

    async def keep_matching(self) -> None:
        """Go on matching what waits, and writing the tallies, until cancelled."""
        while True:
            try:
                await self.match_waiting()
                await self.tidy_up()
            except Exception:  # noqa: BLE001 the edge of the process: the database may be away; it is tried again
                _log.exception("the reports that wait could not be matched")
            await asyncio.sleep(LOOK_EVERY)

    async def tidy_up(self) -> None:
        """Write the tallies, and forget the reports that nothing will ever match. Idle, it writes nothing."""
        now, counts = datetime.now(UTC), +self._counts
        async with self._database.reading() as session:
            strange = await waited_since(session, now - WAITS_FOR)
        if not counts and not strange:
            return
        async with self._database.transaction() as session:
            given_up = Counter(await give_up_waiting(session, now - WAITS_FOR))
            strangers = {(vendor, "about no message of ours"): count for vendor, count in given_up.items()}
            await add_tallies(session, counts + Counter(strangers), now)
        self._counts -= counts

    async def _accept(
        self, vendor: str, channel: str, matches: Sequence[Match], refusals: Sequence[Refusal], now: datetime
    ) -> None:
        """Events first: a call that is cut off in between comes again, and each event counts once by its id."""
        events = [event for match in matches if (event := _event(vendor, channel, match, now))]
        if events or refusals:
            new = await self._ingestion.accept(events, refusals)
            self.count(vendor, "told again", len(events) - new)
        if taken := list(_taken(matches)):
            async with self._database.transaction() as session:
                await settle_taken(session, taken)
        for match in matches:
            self.count(vendor, match.report.told)


def _event(vendor: str, channel: str, match: Match, now: datetime) -> Incoming | None:
    """The event that a report is; none for what only says that the vendor has the message."""
    report, who = match.report, Who(customer_id=match.customer_id)
    event_id, at = _event_id(vendor, f"{report.id}\n{match.customer_id}"), min(report.at, now)
    if report.told == "accepted":
        return None
    if report.told in ("unsubscribed", "resubscribed"):
        granted = report.told == "resubscribed"
        return wish(event_id, who, channel, "marketing", at, vendor, granted=granted)
    details = {**report.details, "provider": vendor}
    return happening(
        event_id, report.told, channel, who, at, match.delivery, details, _profile(vendor, channel, report)
    )


def _profile(vendor: str, channel: str, report: Report) -> Profile:
    if report.told == "moved":
        named = (("phone", report.moved_to), (WHATSAPP_USER_ID, report.moved_to_id))
        return Profile(addresses=tuple((kind, value) for kind, value in named if value))
    addresses = ((WHATSAPP_USER_ID, report.user_id),) if report.user_id else ()
    if not report.dead or not report.address:
        return Profile(addresses=addresses)
    kind = "email" if channel == "email" else "phone"
    reason: Reason = "complaint" if report.told == "complained" else "hard_bounce"
    source = ".".join(str(part) for part in (vendor, report.details.get("code", "")) if part)
    return Profile(dead=(DeadAddress(kind, report.address, reason, source),))


def _taken(matches: Sequence[Match]) -> Iterator[Taken]:
    for report, delivery in ((match.report, match.delivery) for match in matches):
        if delivery is None or report.told in ABOUT_PEOPLE:
            continue
        if RANK[delivery.state] < TAKEN or not delivery.provider_id:
            yield Taken(delivery.id, report.provider_id, report.at)


def _waiting(vendor: Vendor, report: Report, received_at: datetime) -> WaitingReport:
    return WaitingReport(
        id=_event_id(vendor.vendor, report.id),
        vendor=vendor.vendor,
        channel=vendor.channel,
        provider_id=report.provider_id,
        report=report.model_dump(mode="json"),
        received_at=received_at,
    )


def _refusal(vendor: str, unknown: Unknown, received_at: datetime) -> Refusal:
    digest = hashlib.sha256(unknown.raw.encode()).hexdigest()
    reason = f"webhook of {vendor}: {unknown.kind}"
    return Refusal(id=digest, received_at=received_at, reason=reason, raw=unknown.raw[:LARGEST])


def _event_id(vendor: str, told_as: str) -> str:
    """The same however often it is told. A digest, as vendors' own ids may name a phone number."""
    return f"{vendor}_{hashlib.sha256(told_as.encode()).hexdigest()[:32]}"
