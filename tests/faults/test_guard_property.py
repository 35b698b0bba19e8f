"""Whatever happens to a customer, in whatever order, wherever they are and whatever their clocks do: nothing
arrives that a policy forbade when it left, no offer but byte for byte as a person approved it, and nothing after
the customer opted out, bought or was erased."""

import contextlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis
from hypothesis import strategies as st
from temporalio.exceptions import ApplicationError

from journeys.parts import Offer
from sandbox.faults import Answer
from sandbox.mailbox import Message
from store.erasing import begin_erasure
from store.tables import ConsentRecord, Customer
from tests.faults.sending import NOON, OFFER, PUSH, Sending, Shopper, key_of
from tests.retail import TENT
from workflows.ports import Asked, DeliverRequest, Grant

CHANNELS = ("email", "push", "whatsapp")
DAY = timedelta(days=1)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", None)
"""Where clocks change on different days, by an hour, by half of one, or never; None is nowhere that is known."""
BEGINNINGS = (
    NOON,
    datetime(2026, 3, 7, 17, tzinfo=UTC),  # before New York's clocks go forward
    datetime(2026, 3, 28, 11, tzinfo=UTC),  # before Berlin's do
    datetime(2026, 4, 4, 2, tzinfo=UTC),  # before Lord Howe's go back by half an hour
    datetime(2026, 10, 24, 11, tzinfo=UTC),  # before Berlin's go back
)
_names = (f"someone-{number}" for number in itertools.count())

_happenings = st.one_of(
    st.tuples(st.just("sends"), st.sampled_from(CHANNELS), st.none()),
    st.tuples(st.just("sends"), st.just("whatsapp"), st.sampled_from((4, 10, 40))),
    st.tuples(st.just("offers"), st.integers(0, 8), st.booleans()),
    st.tuples(st.just("sends twice at once"), st.sampled_from(CHANNELS), st.just(None)),
    st.tuples(st.just("tries again"), st.none(), st.none()),
    st.tuples(st.just("hours pass"), st.integers(1, 12), st.none()),
    st.tuples(st.just("hours pass"), st.sampled_from((0.25, 0.5, 12, 18, 24, 30)), st.none()),
    st.tuples(st.just("moves"), st.sampled_from(ZONES), st.none()),
    st.tuples(st.just("consents"), st.sampled_from(CHANNELS), st.booleans()),
    st.tuples(st.just("vendor"), st.sampled_from(CHANNELS), st.sampled_from((429, "drop", "refused"))),
)
_ends = st.sampled_from(("opts out", "buys", "is erased")).map(lambda what: [(what, None, None)])
lives = st.tuples(st.lists(_happenings, min_size=15, max_size=30), _ends, st.lists(_happenings, max_size=5))


@dataclass
class Life:
    """A customer, and what a bystander knows of them: enough to say what may not arrive."""

    sending: Sending
    shopper: Shopper
    name: str
    now: datetime
    zone: str | None = "Europe/Berlin"
    consents: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(CHANNELS, True))
    over: bool = False
    """Whether no run of this journey may reserve anything any more."""
    asked: tuple[DeliverRequest, Asked] | None = None
    approved: dict[str, Any] = field(default_factory=dict[str, Any])
    """What a person agreed to: exactly what they were shown, by the delivery."""
    last: DeliverRequest | None = None
    attempts: int = 0
    journeys: int = 0
    arrived: list[tuple[datetime, Message]] = field(default_factory=list[tuple[datetime, Message]])

    async def live(self, what: str, which: Any, how: Any) -> None:
        if what == "hours pass":
            self.now += timedelta(hours=which)
        elif what == "moves":
            await self._moves(which)
        elif what == "consents":
            await self._consents(which, how)
        elif what == "vendor":
            self._vendor_fails(which, how)
        elif what == "offers":
            await self._offers(timedelta(hours=which), agreed=how)
        elif what in ("opts out", "buys", "is erased"):
            await self._ends(what)
        elif what == "tries again":
            await self._again()
        else:
            await self._sends(which, how, at_once=1 + (what == "sends twice at once"))

    async def _sends(self, channel: str, discount: float | None, at_once: int) -> None:
        self.attempts, self.journeys, self.asked = 1, self.journeys + at_once, None
        requests = [self._request(channel, discount, self.journeys - number) for number in range(at_once)]
        self.last = requests[-1]
        deliver_all, [request, *others] = self.sending.deliver_all, requests
        await self._deliver(lambda: deliver_all(requests) if others else self.sending.deliver(request))

    async def _again(self) -> None:
        if request := self.last:
            self.attempts += 1
            request = request.model_copy(update={"now": self.now})
            await self._deliver(lambda: self.sending.deliver(request, self.attempts))

    async def _offers(self, later: timedelta, *, agreed: bool) -> None:
        """An offer that a person is asked about. Decisions that nobody made come first, then perhaps theirs."""
        await self._sends("whatsapp", 10, at_once=1)
        self.now += later
        if self.asked is None:
            return
        request, asked = self.asked
        another = self._request("whatsapp", 10, self.journeys + 1)
        grant = self.sending.granted(request, asked, later).grant
        assert grant is not None
        forged, foreign = {"content_hash": "0" * 64}, {"approval_id": "a_other"}
        await self._decided(request, grant.model_copy(update=forged))
        await self._decided(request, grant.model_copy(update=foreign))
        await self._decided(another, grant)
        if agreed:
            self.approved[key_of(request)] = (await self.sending.approval(asked)).message["body"]
            await self._decided(request, grant)

    async def _decided(self, request: DeliverRequest, grant: Grant) -> None:
        self.attempts += 1
        self.last = again = request.model_copy(update={"grant": grant, "now": self.now})
        await self._deliver(lambda: self.sending.deliver(again))

    async def _ends(self, how: str) -> None:
        if how == "opts out":
            await self.sending.happens(self.name, "Unsubscribed")
        elif how == "buys":
            await self.sending.happens(self.name, "Order Completed", products=[TENT], total=329)
        else:
            async with self.sending.database.transaction() as session:
                await begin_erasure(session, self.shopper.id, by="gus", suppress_addresses=False, at=self.now)
        self.over = True

    async def _deliver(self, deliver: Callable[[], Any]) -> None:
        before = len(self.sending.sandbox.mailbox.messages)
        with contextlib.suppress(ApplicationError):  # the vendor put it off
            if isinstance(result := await deliver(), Asked) and self.last:
                self.asked = self.last, result
        for message in self.sending.sandbox.mailbox.messages[before:]:
            self._check(message)
            self.arrived.append((self.now, message))

    def _check(self, message: Message) -> None:
        """Nothing of this is asked of the code under test."""
        assert message.delivery_id not in [earlier.delivery_id for _, earlier in self.arrived]
        assert not self.over
        assert self.consents[message.channel]
        assert 8 <= self.now.astimezone(ZoneInfo(self.zone or "Europe/Berlin")).hour < 21
        assert self._count(DAY) < 3
        assert self._count(7 * DAY) < 6
        assert message.channel == "push" or self._count(DAY, message.channel) == 0
        if "10%" in str(message.content):
            assert message.content["request"] == self.approved[message.delivery_id]
        assert "40%" not in str(message.content)

    def _count(self, within: timedelta, channel: str | None = None) -> int:
        since = self.now - within
        return sum(at > since and channel in (None, message.channel) for at, message in self.arrived)

    def _request(self, channel: str, discount: float | None, journey: int) -> DeliverRequest:
        step = {"email": {}, "push": PUSH, "whatsapp": OFFER}[channel]
        promised = {"offer": Offer(discount=discount or 2) if discount or channel == "whatsapp" else None}
        return self.sending.request(self.shopper, f"journey-{journey}", **{**step, **promised, "now": self.now})

    async def _moves(self, zone: str | None) -> None:
        self.zone = zone
        async with self.sending.database.transaction() as session:
            customer = await session.get(Customer, self.shopper.id)
            assert customer is not None
            customer.time_zone = zone
            session.add(customer)

    async def _consents(self, channel: str, granted: bool) -> None:
        self.consents[channel] = granted
        async with self.sending.database.transaction() as session:
            record = await session.get(ConsentRecord, (self.shopper.id, channel, "marketing", ""))
            assert record is not None
            record.granted = granted
            session.add(record)

    def _vendor_fails(self, channel: str, fault: Answer) -> None:
        refusals: dict[str, Answer] = {
            "email": "554 5.7.1 Refused",
            "push": "INVALID_ARGUMENT",
            "whatsapp": 131049,
        }
        busy: dict[str, Answer] = {"email": 451, "push": 429, "whatsapp": 429}
        answer = refusals[channel] if fault == "refused" else busy[channel] if fault == 429 else fault
        address = {"email": self.shopper.email, "push": self.shopper.push_token, "whatsapp": self.shopper.phone}
        self.sending.sandbox.faults.add(recipient=address[channel], answer=answer)


@hypothesis.settings(max_examples=12, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(lives, st.sampled_from(BEGINNINGS))
async def test_nothing_arrives_that_a_policy_forbade(
    small_sending: Sending, happenings: tuple[list[tuple[str, Any, Any]], ...], begins: datetime
) -> None:
    name = next(_names)  # one store for all lives, which are strangers to each other
    life = Life(small_sending, await small_sending.shopper(name), name, begins)
    for what, which, how in itertools.chain(*happenings):
        await life.live(what, which, how)
