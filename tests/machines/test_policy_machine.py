"""Nothing leaves that a policy forbids at the moment it leaves, and what none forbids does leave: whatever
people and journeys do at once, wherever they live, whatever their clocks do, and while policies are replaced."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from journeys.parts import Offer
from sandbox.faults import Answer
from store.autonomy import tighten
from store.erasing import begin_erasure
from store.suppressions import release, suppress
from tests.faults.sending import OFFER, PUSH
from tests.machines.bystander import UNSURE, Arrival, Citizen, Limits, Wish
from tests.machines.town import CHANNELS, Town, TownMachine
from workflows.ports import Held, Rejected, Sent, Unknown

ZONES = (
    "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu",
    "Pacific/Chatham", "Pacific/Apia", "Pacific/Pago_Pago",
)  # fmt: skip
"""Whose clocks change on different days, by an hour, by half of one, or never; with halves and quarters of hours;
on both sides of the date line."""
BEGINNINGS = tuple(
    datetime.fromisoformat(f"{text}+00:00")
    for text in (
        "2026-03-07T17:00",  # before New York's clocks go forward
        "2026-03-28T11:00",  # before Berlin's do
        "2026-04-04T02:00",  # before those of Lord Howe and Chatham go back
        "2026-10-24T11:00",  # before Berlin's go back
        "2026-10-31T15:00",  # before New York's do, at the end of a month
        "2026-12-31T10:00",
    )
)
EDGES = (time(0), time(8), time(8, 59, 30), time(10, 30), time(20, 59, 30), time(21))
"""Where days and nights begin and end."""
LIMITS = (Limits(), Limits(time(10, 30), 2, 4, 1, "hold"), Limits(time(9), 1, 6, 2, "skip"))
STEPS: dict[str, dict[str, Any]] = {"email": {}, "push": PUSH, "whatsapp": OFFER | {"offer": Offer(discount=4)}}
FAULTS: dict[tuple[str, str], Answer] = {
    ("busy", "email"): 451, ("busy", "push"): 429, ("busy", "whatsapp"): 429,
    ("refuses", "email"): "552 5.3.4 Message too big", ("refuses", "push"): "INVALID_ARGUMENT",
    ("refuses", "whatsapp"): 131049,
}  # fmt: skip


class PolicyMachine(TownMachine):
    """Invariant 1. What may leave is said by a bystander."""

    who, which = st.integers(0, 1), st.integers(0, 1)
    channels, zones = st.sampled_from(CHANNELS), st.sampled_from(ZONES)
    hours = st.sampled_from((0, 0.25, 1, 5, 11, 24.5))
    troubles = st.sampled_from(("", "", "", "", "busy", "refuses", "drop"))

    def __init__(self, town: Town) -> None:
        super().__init__(town)
        self.citizens: list[Citizen] = []
        self.before = len(town.mailbox)
        self.journeys = [f"win-back-{self.number}", f"newsletter-{self.number}"]
        self.limits = LIMITS[0]
        self.tightened = ""
        self.last: Wish | None = None
        self.over: set[str] = set()
        """What left, or was refused for good: however often it is tried, nothing more comes of it."""
        self.faults: set[str] = set()
        """Channels and addresses where the vendor may not simply take what comes."""

    @initialize(
        begins=st.sampled_from(BEGINNINGS), zones=st.tuples(st.sampled_from(ZONES), st.sampled_from(ZONES))
    )
    def people_come(self, begins: datetime, zones: tuple[str, str]) -> None:
        self.now = begins
        for name, zone in zip(("lena", "omar"), zones, strict=True):
            self.town.sending.zone = zone
            shopper = self.town.do(self.town.sending.shopper(f"{name}-{self.number}"))
            self.citizens.append(Citizen(shopper, zone))
        self.other_policies_go_live(self.limits)

    @rule(who=who, channel=channels, which=which, later=hours, trouble=troubles)
    def a_run_sends(self, who: int, channel: str, which: int, later: float, trouble: str) -> None:
        self.hours_pass(later)
        if trouble:
            self._the_vendor_will_not_just_take_it(channel, self.citizens[who].address(channel), trouble)
        self.last = self._wish(who, channel, which)
        self._see_why_not(self._deliver([self.last]))

    @rule(wishes=st.lists(st.tuples(who, channels, which), min_size=2, max_size=4))
    def runs_send_at_once(self, wishes: list[tuple[int, str, int]]) -> None:
        self._see_why_not(self._deliver([self._wish(*wish) for wish in wishes]))

    @rule(who=who, channel=channels)
    def a_run_sends_while_consent_is_withdrawn(self, who: int, channel: str) -> None:
        """Which of the two comes first is open; what comes after it is not."""
        citizen = self.citizens[who]
        wish = self._wish(who, channel, 0)
        withdrawn = self.town.accept(citizen.shopper, "Unsubscribed", self.now, channel=channel)
        results = self._deliver([wish], withdrawn)
        citizen.consents[channel] = False
        self._see_why_not(results)
        self._see_why_not(self._deliver([self._wish(who, channel, 1)]))
        self.someone_joins_or_leaves(who, channel, granted=True)

    @precondition(lambda self: self.last is not None)
    @rule()
    def the_last_is_tried_again(self) -> None:
        """Because it was put off or held, or because its worker was lost: whether it left or not."""
        assert self.last is not None
        self.last = replace(self.last, request=self.last.request.model_copy(update={"now": self.now}))
        self._see_why_not(self._deliver([self.last]))

    @rule(who=who, channel=st.sampled_from(("", *CHANNELS)), granted=st.sampled_from((True, True, False)))
    def someone_joins_or_leaves(self, who: int, channel: str, granted: bool) -> None:
        """One channel, or all: who leaves all of them opts out, which also ends what runs."""
        citizen, said = self.citizens[who], {"channel": channel} if channel else {}
        event = "Subscribed" if granted else "Unsubscribed"
        number = self.town.do(self.town.accept(citizen.shopper, event, self.now, **said))
        citizen.consents |= dict.fromkeys((channel,) if channel else CHANNELS, granted)
        if not (channel or granted):
            citizen.opted_out = number

    @rule(who=who, channel=st.sampled_from(("email", "whatsapp")), listed=st.sampled_from((True, True, False)))
    def an_address_is_suppressed_or_released(self, who: int, channel: str, listed: bool) -> None:
        citizen, kind = self.citizens[who], {"email": "email", "whatsapp": "phone"}[channel]
        address = citizen.address(channel)
        self.town.do(self._suppress(kind, address) if listed else self._release(kind, address))
        (citizen.suppressed.add if listed else citizen.suppressed.discard)(address)

    @rule(who=who, zone=zones)
    def someone_moves(self, who: int, zone: str) -> None:
        citizen = self.citizens[who]
        self.town.do(self.town.accept(citizen.shopper, "Identified", self.now, traits={"timezone": zone}))
        citizen.zone = zone

    @rule(hours=st.sampled_from((0.75, 3, 8, 13, 24.5, 49)))
    def hours_pass(self, hours: float) -> None:
        self._later(self.now + timedelta(hours=hours))

    @rule(who=who, channel=channels, clock=st.sampled_from(EDGES))
    def a_run_sends_where_days_and_nights_begin(self, who: int, channel: str, clock: time) -> None:
        """In those too in which clocks change."""
        local = self.citizens[who].clock(self.now)
        day = local.date() + timedelta(days=clock <= local.time())
        self._later(datetime.combine(day, clock, tzinfo=local.tzinfo).astimezone(UTC))
        self.a_run_sends(who, channel, 0, 0, "")

    @rule(who=who, later=st.sampled_from((3, 7, 11)))
    def another_mail_follows_hours_later(self, who: int, later: int) -> None:
        """On the same day or the next, by the clock of whom it goes to."""
        self.a_run_sends(who, "email", 0, 0, "")
        self.a_run_sends(who, "email", 1, later, "")

    @rule(limits=st.sampled_from(LIMITS))
    def other_policies_go_live(self, limits: Limits) -> None:
        self.limits = limits
        self.town.do(self.town.publish_policies(limits.text, self.now))

    @precondition(lambda self: not self.tightened)
    @rule()
    def a_guardrail_tightens_a_journey(self) -> None:
        self.tightened = self.journeys[1]
        self.town.do(self._tighten(self.tightened))

    @precondition(lambda self: len(self.over) > 4 and not any(one.erased for one in self.citizens))
    @rule(who=who)
    def someone_is_erased(self, who: int) -> None:
        self.town.do(self._erase(self.citizens[who].shopper.id))
        self.citizens[who].erased = True

    @invariant()
    def what_arrived_is_what_the_ledger_says_left_and_came_once(self) -> None:
        ids = [message.delivery_id for message in self.town.mailbox[self.before :]]
        left = [
            row.id for row in self.town.do(self.town.ledger(self.journeys)) if row.state in ("sent", "unknown")
        ]
        assert sorted(ids) == sorted(left)

    def _wish(self, who: int, channel: str, which: int) -> Wish:
        citizen, seq = self.citizens[who], self.town.do(self.town.latest())
        step = STEPS[channel]
        return Wish(citizen, self.town.request(citizen.shopper, self.journeys[which], seq, self.now, **step))

    def _deliver(self, wishes: Sequence[Wish], *meanwhile: Any) -> list[tuple[Wish, Any]]:
        """Try them all at the same time, and look at each that arrives."""
        before, by_key = len(self.town.mailbox), {wish.key: wish for wish in wishes}
        tries = (self.town.attempt(wish.request) for wish in wishes)
        results = self.town.do(self.town.together(*tries, *meanwhile))
        for message in self.town.mailbox[before:]:
            wish = by_key[message.delivery_id]
            assert (self._why_not(wish), wish.key in self.over) == ("", False)
            wish.citizen.arrived.append(Arrival(self.now, wish.channel, wish.journey))
            self.over.add(wish.key)
        return list(zip(wishes, results[: len(wishes)], strict=True))

    def _see_why_not(self, results: Sequence[tuple[Wish, Any]]) -> None:
        """What did not leave was kept back for a reason, and until a time at which it may leave."""
        # What a vendor did not take may have held the room of what came at the same time.
        asked = {each for wish, _ in results for each in (wish.channel, wish.citizen.address(wish.channel))}
        reliable = not self.faults & asked
        for wish, result in results:
            if isinstance(result, Rejected):
                self.over.add(wish.key)
            assert isinstance(result, Sent | Unknown | Rejected) is (wish.key in self.over), result
            if isinstance(result, Held):
                assert result.until > self.now
                # What arrives at the same moment may have come after the word on this one.
                then = wish if len(results) == 1 else wish.before(self.now)
                assert then.why_not_at(result.until, self.limits) == ""
            assert not reliable or wish.key in self.over or self._why_not(wish, UNSURE), result

    def _why_not(self, wish: Wish, unsure: timedelta = timedelta()) -> str:
        if wish.journey == self.tightened:
            return "a person would have to agree"
        return wish.why_not(self.now, self.limits, unsure)

    def _the_vendor_will_not_just_take_it(self, channel: str, address: str, trouble: str) -> None:
        self.town.sending.sandbox.faults.add(recipient=address, answer=FAULTS.get((trouble, channel), trouble))
        # One that is busy may pause the channel, for everybody.
        self.faults |= {address, channel}

    def _later(self, to: datetime) -> None:
        if self.faults and to - self.now > timedelta(hours=1):
            self.town.recover()
            self.faults.clear()
        self.now = to

    async def _suppress(self, kind: str, address: str) -> None:
        async with self.town.sending.database.transaction() as session:
            await suppress(session, kind, address, "manual", "gus", self.now)

    async def _release(self, kind: str, address: str) -> None:
        async with self.town.sending.database.transaction() as session:
            await release(session, kind, address, by="gus", at=self.now)

    async def _tighten(self, journey: str) -> None:
        async with self.town.sending.database.transaction() as session:
            asked = {"group": "marketing", "reason": "complaints", "by": "guardrail"}
            await tighten(session, journey, "human", at=self.now, **asked)

    async def _erase(self, customer_id: str) -> None:
        async with self.town.sending.database.transaction() as session:
            await begin_erasure(session, customer_id, by="gus", suppress_addresses=False, at=self.now)


@pytest.mark.hypothesis
def test_nothing_leaves_that_a_policy_forbids_and_what_none_forbids_does(town: Town) -> None:
    town.play(PolicyMachine, examples=8, steps=25)
