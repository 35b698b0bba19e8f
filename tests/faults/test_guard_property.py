"""Whatever happens to a customer, in whatever order, wherever they are and whatever their clocks do: nothing
arrives that a policy forbade when it left, nor anything after they opted out."""

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
from store.tables import ConsentRecord, Customer
from tests.faults.sending import NOON, OFFER, PUSH, Sending, Shopper
from workflows.ports import DeliverRequest

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
    st.tuples(st.just("sends twice at once"), st.sampled_from(CHANNELS), st.just(None)),
    st.tuples(st.just("tries again"), st.none(), st.none()),
    st.tuples(st.just("hours pass"), st.integers(1, 12), st.none()),
    st.tuples(st.just("hours pass"), st.sampled_from((0.25, 0.5, 12, 18, 24, 30)), st.none()),
    st.tuples(st.just("moves"), st.sampled_from(ZONES), st.none()),
    st.tuples(st.just("consents"), st.sampled_from(CHANNELS), st.booleans()),
    st.tuples(st.just("vendor"), st.sampled_from(CHANNELS), st.sampled_from((429, "drop", "refused"))),
)
_opts_out = st.just([("opts out", None, None)])
lives = st.tuples(st.lists(_happenings, min_size=15, max_size=30), _opts_out, st.lists(_happenings, max_size=5))


@dataclass
class Life:
    """A customer, and what a bystander knows of them: enough to say what may not arrive."""

    sending: Sending
    shopper: Shopper
    name: str
    now: datetime
    zone: str | None = "Europe/Berlin"
    consents: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(CHANNELS, True))
    opted_out: bool = False
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
        elif what == "opts out":
            await self.sending.happens(self.name, "Unsubscribed")
            self.opted_out = True
        elif what == "tries again":
            await self._again()
        else:
            await self._sends(which, how, at_once=1 + (what == "sends twice at once"))

    async def _sends(self, channel: str, discount: float | None, at_once: int) -> None:
        self.attempts, self.journeys = 1, self.journeys + at_once
        requests = [self._request(channel, discount, self.journeys - number) for number in range(at_once)]
        self.last = requests[-1]
        await self._deliver(lambda: self.sending.deliver_all(requests))

    async def _again(self) -> None:
        if request := self.last:
            self.attempts += 1
            request = request.model_copy(update={"now": self.now})
            await self._deliver(lambda: self.sending.deliver(request, self.attempts))

    async def _deliver(self, deliver: Callable[[], Any]) -> None:
        before = len(self.sending.sandbox.mailbox.messages)
        with contextlib.suppress(ApplicationError):  # the vendor put it off
            await deliver()
        for message in self.sending.sandbox.mailbox.messages[before:]:
            self._check(message)
            self.arrived.append((self.now, message))

    def _check(self, message: Message) -> None:
        """Nothing of this is asked of the code under test."""
        assert message.delivery_id not in [earlier.delivery_id for _, earlier in self.arrived]
        assert not self.opted_out
        assert self.consents[message.channel]
        assert 8 <= self.now.astimezone(ZoneInfo(self.zone or "Europe/Berlin")).hour < 21
        assert self._count(DAY) < 3
        assert self._count(7 * DAY) < 6
        assert message.channel == "push" or self._count(DAY, message.channel) == 0
        assert "10%" not in str(message.content)
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
