"""One message, from the guard to the ledger: guard, reserve, render, send, record. It leaves at most once.

One transaction before the provider is called, one after. An attempt that finds its own reservation was cut
off in between: whether the message left is unknown, and it is not sent again. What only our own settings keep from
leaving is held and tried again, as a person will mend them.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.channels.model import OutcomeUnknown, Refused, RetryLater, SendError
from activities.channels.traffic import Paused, Traffic
from activities.delivering.attempt import Attempt
from activities.delivering.composing import Composer, Errand
from activities.delivering.draft import Draft
from activities.delivering.facts import Case
from activities.delivering.guard import Cleared, Guard, Judgement
from activities.delivering.ordering import Ordering
from activities.delivering.reservation import earlier_result, may_go_on, reservation
from activities.notes import write_down
from policies.model import Ruling
from store.consents import withdraw_consent
from store.customers import lock_customer
from store.database import Database
from store.ledger import deactivate_address, find_delivery
from store.suppressions import suppress
from store.tables import Span
from store.timeline import write_spans
from workflows.ports import Asked, DeliverRequest, DeliverResult, Denied, Rejected, Sent, Unknown

_HELD_AGAIN = (timedelta(seconds=15), timedelta(hours=1))
"""How soon, and how late, a message that is held is tried again."""


class Held(Exception):
    """A message that only the settings of a channel keep from leaving over it. `after` is when to try again."""

    def __init__(self, error: SendError, after: timedelta) -> None:
        super().__init__(str(error))
        self.error = error
        self.after = after


class Delivering:
    """The `deliver` activity of one worker."""

    def __init__(
        self, database: Database, composer: Composer, guard: Guard, traffic: Traffic, ordering: Ordering
    ) -> None:
        self._database = database
        self._composer = composer
        self._guard = guard
        self._traffic = traffic
        self._ordering = ordering

    @activity.defn
    async def deliver(self, request: DeliverRequest) -> DeliverResult:
        """Guard, reserve, render, send and record one message, over the first channel that will do.

        Safe to retry: it leaves at most once. Raises ApplicationError, retryable, when the provider surely did
        not take it but may later.
        """
        attempt = Attempt.begin(request)
        result: DeliverResult | None = None
        held: Held | None = None
        for channel in await self._ordering.channels(attempt, request):
            try:
                result = await self._deliver(attempt.over(channel), request, channel)
            except Held as error:
                held = held or error
                continue
            # Only what surely did not leave, and will not now over this channel, is tried over the next.
            if not isinstance(result, Denied | Rejected):
                return result
        if held is not None:
            raise _later(held.error, held.after) from held
        assert result is not None, "a send names a channel"
        return result

    async def _deliver(self, attempt: Attempt, request: DeliverRequest, channel: str) -> DeliverResult:
        """Deliver over one channel. Raises Held, and ApplicationError where Temporal is to try again."""
        try:
            await self._traffic.admit(channel, attempt.now())
        except Paused as pause:
            if not pause.setting:
                raise _later(pause, pause.after) from pause
            if attempt.waited() < self._traffic.holds_for(channel):
                raise Held(pause, pause.after or _HELD_AGAIN[0]) from pause
            return await self._give_up(attempt, pause)
        except RetryLater as error:
            raise _later(error, error.after) from error
        async with self._database.transaction() as session:
            reserved, spans = await self._reserve(session, attempt, request, channel)
            await write_down(session, request.run, request.notes, *spans)
        return await self._send(attempt, reserved) if isinstance(reserved, Cleared) else reserved

    async def _give_up(self, attempt: Attempt, pause: Paused) -> Rejected:
        """Reject what nobody mended the settings for in time."""
        async with self._database.transaction() as session:
            row = await find_delivery(session, attempt.delivery_id)
            if row is not None and row.state == "retrying":
                row.state, row.code, row.reason = "rejected", pause.code, pause.reason
                session.add(row)
        return Rejected(delivery_id=attempt.delivery_id, code=pause.code, reason=pause.reason)

    async def _reserve(
        self, session: AsyncSession, attempt: Attempt, request: DeliverRequest, channel: str
    ) -> tuple[Cleared | DeliverResult, list[Span]]:
        """What may leave, or the result if nothing may, and the spans that tell why."""
        customer = await lock_customer(session, request.run.customer_id)
        row = await find_delivery(session, attempt.delivery_id)
        if row is not None and not may_go_on(row, channel):
            return earlier_result(session, attempt, row)
        case = await self._case(session, Errand(request, channel, customer, attempt.delivery_id), attempt.now())
        if not isinstance(case, Case):
            return case, [attempt.span("compose", case.outcome, case.reason)]
        draft = case.draft
        judgement, ruling = await self._guard.judge(session, case)
        if draft.choices and isinstance(judgement, Cleared | Asked):
            # What a person is asked about is what leaves, whatever is learned until they answer.
            draft.choices.keep(session, draft.customer.id, draft.rendered.picks)
        if isinstance(judgement, Cleared):
            session.add(reservation(attempt, request, judgement, ruling, row))
        return judgement, [_guard_span(attempt, channel, judgement, ruling)]

    async def _case(self, session: AsyncSession, errand: Errand, now: datetime) -> Case | Denied | Rejected:
        """The message as it would leave now, or why there is none."""
        draft = await self._composer.compose(session, errand, now)
        if not isinstance(draft, Draft):
            return draft
        request = errand.request
        case = Case(request, draft, errand.delivery_id, now)
        was_shown = request.grant is not None and draft.content_hash == request.grant.content_hash
        if not was_shown or await self._guard.is_granted(session, case):
            return case
        # Asked about again as it was made and edited for the first question, it could not be made so a second
        # time, and whoever agreed would be asked once more.
        anew = replace(errand, request=request.model_copy(update={"grant": None}))
        draft = await self._composer.compose(session, anew, now)
        return Case(anew.request, draft, errand.delivery_id, now) if isinstance(draft, Draft) else draft

    async def _send(self, attempt: Attempt, cleared: Cleared) -> DeliverResult:
        draft, started = cleared.draft, attempt.now()
        try:
            provider_id = await self._hand_over(attempt, draft)
        except RetryLater as error:
            await self._record(attempt, draft, started, "retrying", error.code, error.reason)
            raise _later(error, error.after) from error
        except Refused as error:
            if error.ours and attempt.waited() < draft.provider.hold_for:
                await self._record(attempt, draft, started, "retrying", error.code, error.reason)
                # Each time it has waited for twice as long.
                raise Held(error, min(max(attempt.waited(), _HELD_AGAIN[0]), _HELD_AGAIN[1])) from error
            await self._record(attempt, draft, started, "rejected", error.code, error.reason, refused=error)
            return Rejected(delivery_id=attempt.delivery_id, code=error.code, reason=error.reason)
        except OutcomeUnknown as error:
            await self._record(attempt, draft, started, "unknown", error.code, error.reason)
            return Unknown(delivery_id=attempt.delivery_id, reason=error.reason)
        await self._record(attempt, draft, started, "sent", provider_id=provider_id)
        return Sent(delivery_id=attempt.delivery_id, provider_id=provider_id, channel=draft.message.channel)

    async def _hand_over(self, attempt: Attempt, draft: Draft) -> str:
        """Call the provider, and let what comes of it count for the messages after it."""
        channel = draft.message.channel
        try:
            provider_id = await draft.provider.send(draft.message, attempt.delivery_id)
        except SendError as error:
            await self._traffic.report(channel, attempt.delivery_id, error, attempt.now())
            raise
        await self._traffic.report(channel, attempt.delivery_id, None, attempt.now())
        return provider_id

    async def _record(
        self,
        attempt: Attempt,
        draft: Draft,
        started: datetime,
        state: str,
        code: str = "",
        reason: str = "",
        *,
        provider_id: str | None = None,
        refused: Refused | None = None,
    ) -> None:
        """The transaction after the send."""
        now = attempt.now()
        async with self._database.transaction() as session:
            row = await find_delivery(session, attempt.delivery_id)
            # An outcome may have come in before the provider's answer did; it already proves more than this.
            # A later attempt may have taken this one for lost; that it was sent settles the doubt.
            if row is not None and (row.state == "reserved" or (row.state, state) == ("unknown", "sent")):
                row.state, row.code, row.reason = state, code, reason
            if row is not None and state == "sent":
                row.provider_id, row.sent_at = provider_id, now
            if row is not None and refused is not None:
                row.refusals = [*row.refusals, {"channel": row.channel, "code": code, "at": now.isoformat()}]
            if row is not None:
                session.add(row)
            if refused is not None:
                await _learn(session, draft, refused, now)
            await write_spans(session, [_send_span(attempt, draft, started, state, code, reason, provider_id)])


def _later(error: SendError, after: timedelta | None) -> ApplicationError:
    """What makes Temporal try again: after what was asked for, or by the step's own policy."""
    return ApplicationError(error.reason, type=error.code, next_retry_delay=after)


async def _learn(session: AsyncSession, draft: Draft, refused: Refused, now: datetime) -> None:
    """Keep what a refusal says about the customer: an address that is dead, or a wish we had not heard of."""
    customer_id, message = draft.customer.id, draft.message
    if refused.remedy == "deactivate_address":
        kind = draft.provider.kind_of(message.recipient)
        await deactivate_address(session, customer_id, kind, message.recipient, refused.code, now)
        # Not a phone: one that a channel cannot reach may be reached over another.
        if kind == "email":
            await suppress(session, kind, message.recipient, "hard_bounce", refused.code, now)
    if refused.remedy == "withdraw_consent":
        await withdraw_consent(session, customer_id, message.channel, refused.code, now)


def _guard_span(attempt: Attempt, channel: str, judgement: Judgement, ruling: Ruling | None) -> Span:
    spoke = [f"{f.policy}: {f.verdict.verdict}" for f in ruling.findings] if ruling else []
    outcome = "allowed" if isinstance(judgement, Cleared) else judgement.outcome
    detail = "" if isinstance(judgement, Cleared) else judgement.reason
    attributes = {
        "journey.channel": channel,
        "journey.policy.result": outcome,
        "journey.policy.findings": "; ".join(spoke),
    }
    return attempt.span("policy evaluate", outcome, detail, started_at=attempt.began_at, **attributes)


def _send_span(
    attempt: Attempt,
    draft: Draft,
    started: datetime,
    state: str,
    code: str,
    reason: str,
    provider_id: str | None,
) -> Span:
    attributes = {
        "messaging.system": draft.message.provider,
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.message.id": provider_id or "",
        "messaging.message.conversation_id": attempt.request.run.workflow_id,
        "journey.channel": draft.message.channel,
        "journey.message.id": attempt.delivery_id,
        "journey.content.slots": "; ".join(f"{p.slot}: {p.content} ({p.why})" for p in draft.rendered.picks),
        "error.type": code,
    }
    given = {key: value for key, value in attributes.items() if value}
    return attempt.span(f"send {draft.message.channel}", state, reason, started_at=started, **given)
