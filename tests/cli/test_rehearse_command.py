"""`sojourn journey rehearse` as a marketer runs it."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.conftest import RETAIL

OPTS_OUT = RETAIL / "rehearsals" / "opts-out.yaml"
JOURNEY = RETAIL / "journeys" / "browse-abandonment.yaml"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of the shop, to be changed."""
    return Path(shutil.copytree(RETAIL, tmp_path / "shop"))


def test_it_tells_when_what_to_whom_and_why(sojourn: Command):
    answer = sojourn("journey", "rehearse", OPTS_OUT)

    assert answer.code == 0
    assert (
        answer.out
        == """\
opts-out, from Monday 2035-01-08 14:00, Europe/Berlin

day 1 14:00  0m           Product Viewed
                          browse-abandonment starts
day 1 14:30  30m          reminder by email is sent to l•••@example.com
                            “The Lumen 2 tent is still here”
                            allowed by suppression, consent, quiet_hours,
                            frequency_cap, discount_cap, autonomy
day 1 14:40  40m          Email Opened: reminder
day 1 14:41  41m          Unsubscribed
                          the run ends as opt_out, at wait_3
                            the customer opted out

As expected.
"""
    )


def test_a_journey_is_played_for_a_customer_and_saved(sojourn: Command, tmp_path: Path):
    (tmp_path / "lena.yaml").write_text("{addresses: {email: l.koch@example.com}, consents: [email]}")
    (tmp_path / "events.yaml").write_text("[{at: 0m, event: Product Viewed, product_id: lumen-2}]")

    played = sojourn(
        *("journey", "rehearse", JOURNEY, "--customer", tmp_path / "lena.yaml"),
        *("--events", tmp_path / "events.yaml", "--start", "tuesday 9:00", "--save", tmp_path / "saved.yaml"),
    )

    assert played.code == 0, played.err
    assert "from Tuesday 2035-01-09 09:00" in played.out
    saved = (tmp_path / "saved.yaml").read_text(encoding="utf-8")
    assert "- {at: day 1 09:30, what: sent, step: reminder, channel: email" in saved


def test_what_comes_otherwise_is_shown_and_fails(sojourn: Command, shop: Path):
    policies = shop / "policies.yaml"
    policies.write_text(policies.read_text().replace('from: "21:00"', 'from: "14:00"'))

    answer = sojourn("journey", "rehearse", shop / "rehearsals" / "opts-out.yaml")

    assert answer.code == 1
    assert "Not as expected." in answer.out
    assert "-at: day 1 14:30, what: sent, step: reminder, channel: email" in answer.out
    assert "+at: day 1 14:30, what: held, step: reminder, channel: email" in answer.out


def test_a_saved_rehearsal_is_compared_with(sojourn: Command):
    same = sojourn("journey", "rehearse", OPTS_OUT, "--expect", OPTS_OUT)
    other = sojourn("journey", "rehearse", OPTS_OUT, "--expect", RETAIL / "rehearsals" / "without-a-phone.yaml")

    assert (same.code, other.code) == (0, 1)
    assert "+at: day 1 14:41, what: ended, step: wait_3, why: opt_out: the customer opted out" in other.out


def test_all_rehearsals_of_a_project_are_played(sojourn: Command, shop: Path):
    for file in (shop / "rehearsals").glob("*.yaml"):
        if file.stem not in ("opts-out", "buys-after-the-reminder"):
            file.unlink()

    answer = sojourn("journey", "rehearse", shop)

    assert (answer.code, answer.out) == (0, "buys-after-the-reminder: as expected\nopts-out: as expected\n")


def test_programs_get_json(sojourn: Command):
    told = json.loads(sojourn("journey", "rehearse", OPTS_OUT, "-o", "json").out)

    assert (told["rehearsal"], told["outcome"], told["as_expected"]) == ("opts-out", "opt_out", True)
    assert told["timeline"][0] == {"at": "day 1 14:00", "what": "did", "did": "Product Viewed"}


def test_whom_it_is_for_must_be_said(sojourn: Command):
    answer = sojourn("journey", "rehearse", JOURNEY)

    assert answer.code == 1
    assert answer.err == "Say with --customer FILE whom the journey is played for, or name a rehearsal.\n"


def test_a_journey_that_is_not_there_is_told_with_the_nearest(sojourn: Command, shop: Path):
    file = shop / "rehearsals" / "opts-out.yaml"
    file.write_text(file.read_text().replace("browse-abandonment", "browse-abandonnment"))

    answer = sojourn("journey", "rehearse", file)

    assert answer.code == 1
    assert answer.err == ("There is no journey 'browse-abandonnment' (did you mean 'browse-abandonment'?).\n")
