"""What a bystander knows of a town and its people: enough to say what may not leave. Nothing of it is asked of the
code under test: zones are asked of zoneinfo, and messages are counted as they arrive."""

from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.faults.sending import Shopper, key_of
from tests.machines.town import CHANNELS
from workflows.ports import DeliverRequest

DAY = timedelta(days=1)
UNSURE = timedelta(minutes=1)
"""How much later than by the machine's clock something may count: by what an attempt itself takes."""
BEDTIME = time(21)


@dataclass(frozen=True)
class Limits:
    """What the policies say, in numbers."""

    wakes: time = time(8)
    a_day: int = 3
    a_week: int = 6
    of_a_journey: int = 2
    """In two days."""
    when_reached: str = "skip"

    @property
    def text(self) -> str:
        """The same as `policies.yaml`."""
        return f"""
consent: {{}}
quiet_hours: {{from: "{BEDTIME:%H:%M}", to: "{self.wakes:%H:%M}"}}
frequency_cap:
  when_reached: {self.when_reached}
  caps:
    - {{most: {self.a_day}, within: 1d}}
    - {{most: {self.a_week}, within: 7d}}
    - {{most: 1, within: 1d, channel: email, calendar: true}}
    - {{most: {self.of_a_journey}, within: 2d, each_journey: true}}
"""


@dataclass(frozen=True)
class Arrival:
    at: datetime
    channel: str
    journey: str


@dataclass
class Citizen:
    """Someone whom messages go to: what they said, where they are, and what they got."""

    shopper: Shopper
    zone: str
    consents: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(CHANNELS, True))
    suppressed: set[str] = field(default_factory=set[str])
    """Addresses of theirs that nothing may be sent to."""
    opted_out: int = 0
    """When they last did, by the number of the event."""
    erased: bool = False
    arrived: list[Arrival] = field(default_factory=list[Arrival])

    def address(self, channel: str) -> str:
        shopper = self.shopper
        return {"email": shopper.email, "push": shopper.push_token, "whatsapp": shopper.phone}[channel]

    def clock(self, at: datetime) -> datetime:
        """What their clock shows."""
        return at.astimezone(ZoneInfo(self.zone))

    def since(self, at: datetime) -> list[Arrival]:
        return [one for one in self.arrived if one.at > at]


@dataclass(frozen=True)
class Wish:
    """A message that a run wants to send."""

    citizen: Citizen
    request: DeliverRequest

    @property
    def key(self) -> str:
        return key_of(self.request)

    @property
    def channel(self) -> str:
        return self.request.channels[0]

    @property
    def journey(self) -> str:
        return self.request.run.journey

    def before(self, at: datetime) -> "Wish":
        """The same as long as nothing of what arrives at `at` has."""
        earlier = [one for one in self.citizen.arrived if one.at < at]
        return replace(self, citizen=replace(self.citizen, arrived=earlier))

    def why_not(self, now: datetime, limits: Limits, unsure: timedelta = timedelta()) -> str:
        """Why it may not leave now; empty when it may. What came as much as `unsure` too early still counts."""
        citizen = self.citizen
        if citizen.erased:
            return "they are erased"
        if citizen.opted_out > self.request.start.seq:
            return "they opted out after the run began"
        if not citizen.consents[self.channel]:
            return "they do not want it"
        if citizen.address(self.channel) in citizen.suppressed:
            return "the address is suppressed"
        return self.why_not_at(now, limits, unsure)

    def why_not_at(self, now: datetime, limits: Limits, unsure: timedelta = timedelta()) -> str:
        """Why the hour or what came before forbids it."""
        citizen = self.citizen
        if not limits.wakes <= citizen.clock(now).time() < BEDTIME:
            return "they sleep"
        mails = [one for one in citizen.arrived if one.channel == "email"]
        today = [one for one in mails if citizen.clock(one.at).date() == citizen.clock(now).date()]
        of_journey = [one for one in citizen.since(now - 2 * DAY - unsure) if one.journey == self.journey]
        too_much = (
            len(citizen.since(now - DAY - unsure)) >= limits.a_day
            or len(citizen.since(now - 7 * DAY - unsure)) >= limits.a_week
            or (self.channel == "email" and bool(today))
            or len(of_journey) >= limits.of_a_journey
        )
        return "they had enough" if too_much else ""
