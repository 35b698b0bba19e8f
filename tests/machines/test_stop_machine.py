"""After a goal, a stop event, an opt-out or an erasure is accepted nothing more of that run is reserved, and until
then nothing keeps it from going on: whatever else happens at the same moment, and whoever approved it before."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from journeys.interrupts import InterruptRules
from journeys.parts import EventMatch, Goal
from store.erasing import begin_erasure
from tests.faults.sending import NOON, PUSH, Shopper, key_of
from tests.machines.town import Town, TownMachine
from tests.retail import TENT
from workflows.ports import ApprovalTerms, Asked, DeliverRequest, Denied, Grant, Overtaken

GOAL_WITHIN = timedelta(days=3)
INTERRUPTS = InterruptRules(
    goal=Goal(event="Order Completed", where="event.product_id == start.product_id", within=GOAL_WITHIN),
    stop=(EventMatch(event="Account Closed"), EventMatch(event="Page Left", where="run.events['Page Left'] >= 2")),
)
NOBODY = ApprovalTerms(author="maria", within=timedelta(days=9), otherwise="skip")
MARKETING = NOBODY.model_copy(update={"group": "marketing"})
ADA = "ada@northwind.example"
EVENTS = (
    "buys the tent",
    "buys the stove",
    "leaves the page",
    "opts out",
    "leaves one channel",
    "closes the account",
)
SAID: dict[str, tuple[str, dict[str, Any]]] = {
    "buys the tent": ("Order Completed", {"product_id": "tent"}),
    "buys the stove": ("Order Completed", {"product_id": "stove"}),
    "leaves the page": ("Page Left", {}),
    "opts out": ("Unsubscribed", {}),
    "leaves one channel": ("Unsubscribed", {"channel": "email"}),
    "closes the account": ("Account Closed", {}),
    "joins again": ("Subscribed", {}),
}
ENDS = tuple(SAID)[:-1]
"""What may end a run."""


@dataclass
class Run:
    """A run of a journey, as a bystander knows it."""

    who: int
    product: str
    request: DeliverRequest
    began: datetime
    pages_left: int = 0
    over: bool = False
    asked: Asked | None = None
    passes: int = 0

    def hears(self, event: str, at: datetime) -> None:
        """What an event that was accepted means for the run."""
        self.pages_left += event == "leaves the page"
        self.over = (
            self.over
            or event in ("opts out", "closes the account", "is erased")
            or (event == f"buys the {self.product}" and at - self.began <= GOAL_WITHIN)
            or self.pages_left > 1
        )


@dataclass
class Someone:
    shopper: Shopper
    wants_it: bool = True
    erased: bool = False
    runs: list[Run] = field(default_factory=list[Run])


class StopMachine(TownMachine):
    """Invariant 4. Two customers with several runs each; a run sends in pass after pass of one step."""

    who, which = st.integers(0, 1), st.integers(0, 3)

    def __init__(self, town: Town) -> None:
        super().__init__(town)
        self.journey = f"win-back-{self.number}"
        self.people: list[Someone] = []
        self.troubled = False
        """Whether the vendor may not simply take what comes."""
        self.reserved: dict[str, dict[str, tuple[int, datetime]]] = {}
        """For each run that is over what of it was reserved by then: by delivery, how often and when last."""

    @initialize()
    def people_come(self) -> None:
        self.now = NOON
        self.town.do(self.town.publish_policies("consent: {}", self.now))
        for name in ("lena", "omar"):
            self.people.append(Someone(self.town.do(self.town.sending.shopper(f"{name}-{self.number}"))))
            self.a_run_begins(len(self.people) - 1, "tent")

    @rule(who=who, product=st.sampled_from(("tent", "stove")))
    def a_run_begins(self, who: int, product: str) -> None:
        someone = self.people[who]
        if someone.erased:
            return
        viewed = {**TENT, "product_id": product}
        seq = self.town.do(self.town.accept(someone.shopper, "Product Viewed", self.now, **viewed))
        facts = {"interrupts": INTERRUPTS, "facts": {"events": {"Page Left": 0}}}
        request = self.town.request(someone.shopper, self.journey, seq, self.now, **PUSH, **facts)
        start = request.start.model_copy(update={"properties": viewed})
        request = request.model_copy(update={"start": start})
        someone.runs.append(Run(who, product, request, self.now))

    @rule(who=who, which=which, trouble=st.sampled_from(("", "", "", "busy", "drop")))
    def a_run_sends(self, who: int, which: int, trouble: str) -> None:
        run = self._next_pass(who, which)
        if trouble:
            # One that is busy pauses the channel, for everybody.
            self.troubled, token = True, self.people[who].shopper.push_token
            self.town.sending.sandbox.faults.add(recipient=token, answer=429 if trouble == "busy" else trouble)
        self._send(run)

    @rule(who=who, which=which)
    def a_run_tries_its_last_again(self, who: int, which: int) -> None:
        """Because it was put off, or because its worker was lost: whether it left or not."""
        run = self._run(who, which)
        if not run.asked:
            run.request = run.request.model_copy(update={"now": self.now})
            self._send(run)

    @rule(who=who, which=which)
    def a_run_asks(self, who: int, which: int) -> None:
        run, before = self._next_pass(who, which, MARKETING), len(self.town.mailbox)
        result = self.town.do(self.town.attempt(run.request))
        assert isinstance(result, Asked) is self._goes_on(run) or self.troubled, result
        assert len(self.town.mailbox) == before
        run.asked = result if isinstance(result, Asked) else None

    @precondition(lambda self: any(run.asked for one in self.people for run in one.runs))
    @rule(meanwhile=st.sampled_from(("", "", *ENDS)))
    def a_person_agrees_and_it_is_sent(self, meanwhile: str) -> None:
        """It was asked before what ended the run meanwhile, or what ends it at the same moment."""
        run = next(run for one in self.people for run in one.runs if run.asked)
        asked, run.asked = run.asked, None
        assert asked is not None
        given = asked.model_dump(include={"approval_id", "content_hash", "asked_at"})
        grant = Grant.model_validate({**given, "by": ADA, "at": self.now})
        run.request = run.request.model_copy(update={"grant": grant, "now": self.now})
        self._send(run, meanwhile)

    @rule(who=who, which=which, event=st.sampled_from((*ENDS, "is erased")))
    def a_run_sends_while_something_happens(self, who: int, which: int, event: str) -> None:
        self._send(self._next_pass(who, which), event)

    @rule(who=who, event=st.sampled_from((*ENDS, "joins again", "joins again")))
    def something_happens(self, who: int, event: str) -> None:
        if not self.people[who].erased:
            self.town.do(self._happens(self.people[who], event))
            self._is_known(who, event)

    @precondition(lambda self: sum(len(one.runs) for one in self.people) > 4)
    @rule(who=who)
    def someone_is_erased(self, who: int) -> None:
        self.town.do(self._happens(self.people[who], "is erased"))
        self._is_known(who, "is erased")

    @rule(hours=st.sampled_from((1, 20, 80)))
    def hours_pass(self, hours: int) -> None:
        if self.troubled:
            self.town.recover()
        self.troubled = False
        self.now += timedelta(hours=hours)

    @invariant()
    def nothing_is_reserved_of_what_is_over(self) -> None:
        for run in (run for one in self.people for run in one.runs if run.over):
            run_id = run.request.run.first_run_id
            reserved = self._reserved(run_id)
            assert self.reserved.setdefault(run_id, reserved) == reserved

    def _reserved(self, run_id: str) -> dict[str, tuple[int, datetime]]:
        ledger = self.town.do(self.town.ledger([self.journey]))
        return {row.id: (row.attempts, row.reserved_at) for row in ledger if row.first_run_id == run_id}

    def _run(self, who: int, which: int) -> Run:
        runs = self.people[who].runs
        return runs[which % len(runs)]

    def _next_pass(self, who: int, which: int, approval: ApprovalTerms = NOBODY) -> Run:
        run = self._run(who, which)
        run.passes, run.asked = run.passes + 1, None
        another = {"pass_": run.passes, "now": self.now, "grant": None, "approval": approval}
        run.request = run.request.model_copy(update=another)
        return run

    def _goes_on(self, run: Run) -> bool:
        someone = self.people[run.who]
        return not run.over and someone.wants_it and not someone.erased

    def _send(self, run: Run, meanwhile: str = "") -> None:
        """What leaves could before, and what does not could not afterwards."""
        went_on, before = self._goes_on(run), len(self.town.mailbox)
        someone = self.people[run.who]
        happening = [self._happens(someone, meanwhile)] if meanwhile and not someone.erased else []
        result, *_ = self.town.do(self.town.together(self.town.attempt(run.request), *happening))
        if happening:
            self._is_known(run.who, meanwhile)
        arrived = {message.delivery_id for message in self.town.mailbox[before:]}
        assert arrived <= ({key_of(run.request)} if went_on else set())
        if not self.troubled and not arrived and not self._left(run):
            assert not self._goes_on(run), result
            assert isinstance(result, Overtaken | Denied), result

    def _left(self, run: Run) -> bool:
        return key_of(run.request) in {message.delivery_id for message in self.town.mailbox}

    async def _happens(self, someone: Someone, event: str) -> None:
        if event == "is erased":
            async with self.town.sending.database.transaction() as session:
                await begin_erasure(session, someone.shopper.id, by="gus", suppress_addresses=False, at=self.now)
        else:
            name, said = SAID[event]
            await self.town.accept(someone.shopper, name, self.now, **said)

    def _is_known(self, who: int, event: str) -> None:
        someone = self.people[who]
        someone.erased |= event == "is erased"
        someone.wants_it = event == "joins again" or (someone.wants_it and event != "opts out")
        for run in someone.runs:
            run.hears(event, self.now)


@pytest.mark.hypothesis
def test_nothing_is_reserved_once_the_end_of_a_run_is_accepted(town: Town) -> None:
    town.play(StopMachine, examples=8, steps=30)
