"""Where a customer's zone is unknown, it must be the right time in every zone of their country. The zones are
counted here from another table, CLDR's, and none of them is folded into another."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.core import get_global
from hypothesis import given
from hypothesis import strategies as st

from journeys.zones import zones_of_country
from policies.frequency_cap import FrequencyCapPolicy
from policies.model import Allow, Deny, Facts, Hold, Place, Policy
from policies.quiet_hours import QuietHoursPolicy
from policies.restricted_categories import RestrictedCategoriesPolicy
from policies.send_window import SendWindowPolicy
from policies.us_hours import UsHoursPolicy
from tests.policies.conftest import contact, facts

ZONES = {
    country: tuple(map(ZoneInfo, names))
    for country, names in get_global("territory_zones").items()
    if country.isalpha() and country != "ZZ"
}
WIDE = ("US", "CA", "RU", "AU", "BR", "MX", "ID", "CL", "PF", "KI", "FM", "UM", "AQ", "GL", "ES", "PT", "CN")
countries = st.sampled_from(WIDE) | st.sampled_from(sorted(ZONES))
clocks = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
moments = st.datetimes(datetime(2026, 1, 1), datetime(2029, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
days = st.lists(st.sampled_from(["monday", "tuesday", "friday", "saturday", "sunday"]), unique=True)


def somewhere_in(country: str, now: datetime, channel: str = "email") -> Facts:
    return facts(channel, now=now, time_zone=None, place=Place(country=country), project_zone="Europe/Berlin")


def suits_everywhere(policy: Policy, known: Facts, suits: Callable[[datetime], bool]) -> None:
    """What is allowed, and the end of a hold, is right on every clock; what is denied never is."""
    zones, verdict = ZONES[known.place.country], policy.judge(known)

    def right(moment: datetime) -> bool:
        return all(suits(moment.astimezone(zone)) for zone in zones)

    if isinstance(verdict, Allow):
        assert right(known.now)
    elif isinstance(verdict, Hold):
        assert verdict.until > known.now
        assert right(verdict.until)
        assert policy.judge(known.model_copy(update={"now": verdict.until})) == Allow()
    else:
        assert isinstance(verdict, Deny)
        assert not any(right(known.now + timedelta(minutes=90 * step)) for step in range(7 * 16))


@given(countries, moments, clocks, clocks)
def test_quiet_hours_are_kept_on_every_clock_of_the_country(
    country: str, now: datetime, start: time, end: time
) -> None:
    def awake(local: datetime) -> bool:
        clock = local.time()
        return not (start <= clock < end if start <= end else clock >= start or clock < end)

    policy = QuietHoursPolicy.model_validate({"from": start, "to": end})
    suits_everywhere(policy, somewhere_in(country, now), awake)


@given(countries, moments, clocks, clocks, days)
def test_a_send_window_is_open_on_every_clock_of_the_country(
    country: str, now: datetime, start: time, end: time, named: list[str]
) -> None:
    def within(local: datetime) -> bool:
        return start <= local.time() < end and (not named or f"{local:%A}".lower() in named)

    policy = SendWindowPolicy.model_validate({"from": start, "to": end, "days": named})
    suits_everywhere(policy, somewhere_in(country, now), within)


@given(moments)
def test_a_text_to_the_us_leaves_when_it_is_day_from_maine_to_hawaii(now: datetime) -> None:
    def decent(local: datetime) -> bool:
        return (12 if local.weekday() == 6 else 9) <= local.hour < 20

    suits_everywhere(UsHoursPolicy(), somewhere_in("US", now, "sms"), decent)


@pytest.mark.parametrize(
    ("country", "until", "reason"),
    [
        ("US", "2026-03-04T18:00Z", "quiet hours in one of the 8 zones of US until Wed 18:00 UTC"),
        ("JP", "2026-03-03T23:00Z", "quiet hours in JP until Wed 08:00"),
        ("", "2026-03-04T07:00Z", "quiet hours by the project's clock (Europe/Berlin) until Wed 08:00"),
        ("ZZ", "2026-03-04T07:00Z", "quiet hours by the project's clock (Europe/Berlin) until Wed 08:00"),
    ],
)
def test_a_hold_says_by_which_clocks_it_goes(country: str, until: str, reason: str) -> None:
    evening = datetime(2026, 3, 3, 20, 30, tzinfo=UTC)
    held = QuietHoursPolicy(start=time(15) if country == "US" else time(21)).judge(somewhere_in(country, evening))
    assert held == Hold(until=datetime.fromisoformat(until.replace("Z", "+00:00")), reason=reason)


def test_a_window_that_never_opens_everywhere_at_once_forbids() -> None:
    office = SendWindowPolicy(start=time(9), end=time(17))
    never = office.judge(somewhere_in("RU", datetime(2026, 3, 3, 9, tzinfo=UTC)))
    assert never == Deny(reason="it is always outside the send window in one of the 11 zones of RU")


def test_a_day_of_a_cap_is_over_when_it_is_in_the_last_zone() -> None:
    """Midnight is at 05:00 UTC in New York, at 10:00 in Honolulu."""
    daily = FrequencyCapPolicy.model_validate(
        {"caps": [{"most": 1, "within": "1d", "calendar": True}], "when_reached": "hold"}
    )
    sent = contact(datetime(2026, 1, 4, 20, tzinfo=UTC))
    later = somewhere_in("US", datetime(2026, 1, 5, 7, tzinfo=UTC)).model_copy(update={"contacts": (sent,)})
    held = daily.judge(later)
    assert isinstance(held, Hold)
    assert held.until == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert daily.judge(later.model_copy(update={"now": held.until})) == Allow()


def test_nobody_is_of_age_before_it_is_their_birthday_everywhere() -> None:
    """The day begins in New York at 05:00 UTC, in Honolulu at 10:00."""
    turns_18 = {"birth_date": str(date(2008, 1, 5))}
    allowed = [
        RestrictedCategoriesPolicy().judge(
            somewhere_in("US", datetime(2026, 1, 5, hour, tzinfo=UTC)).model_copy(
                update={
                    "attributes": turns_18,
                    "action": facts(about={"categories": frozenset({"alcohol"})}).action,
                }
            )
        )
        == Allow()
        for hour in (9, 10)
    ]
    assert allowed == [False, True]


@pytest.mark.parametrize(("country", "count"), [("DE", 1), ("GB", 1), ("US", 8), ("RU", 11), ("ZZ", 0), ("", 0)])
def test_zones_whose_clocks_agree_are_asked_once(country: str, count: int) -> None:
    assert len(zones_of_country(country)) == count


def test_every_country_has_zones_and_the_first_is_where_most_people_live() -> None:
    assert all(zones_of_country(country) for country in ZONES)
    assert [zones_of_country(country)[0] for country in ("US", "DE", "RU")] == [
        "America/New_York", "Europe/Berlin", "Europe/Kaliningrad",
    ]  # fmt: skip
