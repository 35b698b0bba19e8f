"""The model of shoppers: the same for the same seed, and every way through the journey taken by someone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from starter.demo.shoppers import Shopper, kind_of, shoppers
from starter.demo.zones import zone_where_it_is

CATALOGUE = Path(__file__).parents[2] / "examples" / "retail" / "catalogue.yaml"
NOON = datetime(2026, 11, 22, 12, 20, tzinfo=UTC)


def _cast(seed: int = 1, now: datetime = NOON) -> list[Shopper]:
    return shoppers(seed, CATALOGUE, now)


def test_the_same_seed_gives_the_same_shoppers():
    assert _cast(7) == _cast(7)
    assert [s.name for s in _cast(7)] != [s.name for s in _cast(8)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_way_is_taken_whatever_the_seed(seed: int):
    cast = _cast(seed)
    assert {s.outcome for s in cast} == {"goal", "completed", "opt_out"}
    assert {s.approval for s in cast} == {"", "approved", "rejected", "expired", "withdrawn"}
    assert {kind for s in cast for kind in s.receives} == {"reminder", "second look", "related", "offer"}
    assert any(not s.has_app for s in cast)
    assert any("whatsapp" not in s.consents for s in cast)


def test_no_two_shoppers_share_an_address():
    cast = _cast()
    addresses = [address for s in cast for address in (s.email, s.phone, s.push_token)]
    assert len(set(addresses)) == 3 * len(cast)


def test_a_shopper_knows_their_number_without_its_plus():
    first = _cast()[0]
    assert first.is_at(first.phone)
    assert first.is_at(first.phone.removeprefix("+"))
    assert not first.is_at("+447700900999")


@pytest.mark.parametrize("hour_now", range(24))
def test_shoppers_live_where_it_is_their_hour(hour_now: int):
    now = NOON.replace(hour=hour_now)
    for shopper in _cast(now=now):
        local = now.astimezone(ZoneInfo(shopper.zone))
        assert shopper.hours[0] <= local.hour <= shopper.hours[1]


def test_where_they_live_no_clock_changes():
    for hour in range(24):
        zone = ZoneInfo(zone_where_it_is(hour, NOON))
        offsets = {(NOON + timedelta(days=day)).astimezone(zone).utcoffset() for day in range(366)}
        assert len(offsets) == 1


@pytest.mark.parametrize(
    ("channel", "title", "kind"),
    [
        ("email", "The Lumen 2 tent is still here", "reminder"),
        ("push", "Lumen 2 tent, once more", "second look"),
        ("push", "Still choosing?", "related"),
        ("whatsapp", "browse_offer", "offer"),
        ("email", "Still choosing?", None),
        ("whatsapp", "other_template", None),
    ],
)
def test_messages_are_told_apart_by_what_is_seen(channel: str, title: str, kind: str | None):
    assert kind_of(channel, title) == kind
