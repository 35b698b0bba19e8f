"""`sojourn policy` on the retail example: what is in force, what is wrong, what is said, what would have been."""

import asyncio
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activities.delivering.verdicts import Judged, keep_verdict
from policies.model import Facts, Policy, rule
from policies.registry import load_policies, with_always
from store.database import Database
from store.tables import Address, ConsentRecord, Customer, EventRecord
from tests.cli.conftest import Command
from tests.conftest import RETAIL
from tests.policies.conftest import consent, contact, facts
from tests.retail import ADA, SECRET, TENT
from tests.seeding import put, run_ref

NOW = datetime.now(UTC)
"""The preview looks back from the present moment."""
NOON = (NOW - timedelta(days=2)).replace(hour=12)
NIGHT = NOON.replace(hour=23)


@pytest.fixture
def shop(tmp_path: Path, sqlite_url: str) -> dict[str, str]:
    """A copy of the retail project with a store of its own."""
    shutil.copytree(RETAIL, tmp_path / "shop")
    return {
        "SOJOURN_PROJECT_DIR": str(tmp_path / "shop"),
        "SOJOURN_DATABASE_URL": sqlite_url,
        "SOJOURN_STATE_DIR": str(tmp_path),
        "SOJOURN_SECRET": SECRET,
    }


def keep(url: str, *known: Facts, own: tuple[Policy, ...] = ()) -> None:
    """Verdicts that the retail shop's policies gave, and those of a journey's own, as the guard keeps them."""

    async def do() -> None:
        database = Database(url)
        policies = (*with_always(load_policies(RETAIL / "policies.yaml")), *own)
        async with database.transaction() as session:
            for number, each in enumerate(known):
                judged = Judged(policies, len(own), each, rule(policies, each))
                keep_verdict(session, f"d_{number}", run_ref(), judged)
        await database.close()

    asyncio.run(do())


def message(at: datetime = NOON, *before: datetime, channel: str = "email") -> Facts:
    """A message to someone who allows all of it and had others before."""
    contacts = tuple(contact(each, channel="push") for each in before)
    return facts(channel, now=at, customer_id="c_lena", consents=(consent(True, channel),), contacts=contacts)


def changed(shop: dict[str, str], old: str, new: str) -> Path:
    """The shop's policies with a change, in a file beside them."""
    folder = Path(shop["SOJOURN_PROJECT_DIR"])
    file, text = folder / "policies-new.yaml", (folder / "policies.yaml").read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return file


def previewed(sojourn: Command, shop: dict[str, str], file: Path) -> tuple[list[tuple[str, str, str]], int, int]:
    """The changes as what would have been and which policies say so; how many stay, and how many are untold."""
    found = json.loads(sojourn("policy", "preview", file, "-o", "json", **shop).out)
    changes = [
        (one["was"], one["would_be"], ",".join(s["policy"] for s in one["why"])) for one in found["changed"]
    ]
    return changes, found["same"], len(found["untold"])


def test_list_tells_settings_and_where_they_stand(sojourn: Command, shop: dict[str, str]) -> None:
    listed = sojourn("policy", "list", **shop)
    assert "quiet_hours  (policies.yaml:4)" in listed.out
    assert "    - most: 15\n" in listed.out
    assert "    - from: 21:00\n" in listed.out
    assert "suppression  (Sojourn)" in listed.out
    assert max(map(len, listed.out.splitlines())) <= 80


def test_list_as_json_has_every_policy_with_its_version(sojourn: Command, shop: dict[str, str]) -> None:
    found = json.loads(sojourn("policy", "list", "-o", "json", **shop).out)
    [quiet] = [one for one in found if one["policy"] == "quiet_hours"]
    assert (quiet["settings"]["from"], len(quiet["version"])) == ("21:00:00", 12)


def test_list_says_of_settings_within_settings_what_was_set_and_of_sets_the_same_each_time(
    sojourn: Command, shop: dict[str, str]
) -> None:
    file = Path(shop["SOJOURN_PROJECT_DIR"]) / "policies.yaml"
    tiers = "autonomy: {group: marketing, tiers: [{tier: human, discount_above: 15%}]}"
    file.write_text(f"us_text_cap: {{states: [OK, FL, NY, AL]}}\n{tiers}\n")
    listed = sojourn("policy", "list", **shop).out
    assert "    - states: AL; FL; NY; OK\n" in listed
    assert "    - tiers: tier human, discount_above 15\n" in listed


def test_check_finds_the_projects_policies_right(sojourn: Command, shop: dict[str, str]) -> None:
    checked = sojourn("policy", "check", **shop)
    assert (checked.code, checked.out.split("/")[-1]) == (0, "policies.yaml is all right.\n")


def test_check_tells_every_problem_at_its_place(sojourn: Command, shop: dict[str, str]) -> None:
    file = changed(shop, "group: marketing", "group: marketng\nconsnt: {}")
    checked = sojourn("policy", "check", file, **shop)
    assert checked.code == 1
    assert checked.err.splitlines() == [
        f"{file}:20:1: unknown policy 'consnt' (did you mean 'consent'?)",
        "1 problem.",
    ]


def test_check_tells_a_group_in_which_nobody_is(sojourn: Command, shop: dict[str, str]) -> None:
    checked = sojourn(
        "policy", "check", changed(shop, "group: marketing", "group: marketng"), "-o", "json", **shop
    )
    [problem] = json.loads(checked.out)["problems"]
    assert (checked.code, problem["line"]) == (1, 19)
    assert "nobody in the group 'marketng'" in problem["message"]


def test_explain_says_what_each_policy_says_and_why(sojourn: Command, shop: dict[str, str]) -> None:
    asyncio.run(_lena(shop["SOJOURN_DATABASE_URL"]))
    told = sojourn(
        "policy",
        "explain",
        "--customer",
        "c_lena",
        "--journey",
        "browse-abandonment",
        "--step",
        "reminder",
        **shop,
    )
    lines = told.out.splitlines()
    assert lines[0] == "browse-abandonment/reminder by email, now: it never leaves"
    assert lines[1] == "    on the clocks of Atlantic/Canary, Europe/Madrid"
    assert "    consent (project): it never leaves: the customer withdrew consent to" in lines
    content = " ".join(told.out.split("nothing against it (project): ")[1].split()).split(", ")
    assert {"suppression", "discount_cap"} <= set(content)
    assert "consent" not in content


def test_explain_asks_for_a_step_that_sends(sojourn: Command, shop: dict[str, str]) -> None:
    asyncio.run(_lena(shop["SOJOURN_DATABASE_URL"]))
    told = sojourn("policy", "explain", "--customer", "c_lena", "--journey", "browse-abandonment", **shop)
    assert (told.code, "there are: reminder, second_look" in told.err) == (1, True)


def test_explain_knows_nobody_of_an_unknown_id(sojourn: Command, shop: dict[str, str]) -> None:
    told = sojourn(
        "policy", "explain", "--customer", "c_x", "--journey", "browse-abandonment", "--step", "reminder", **shop
    )
    assert (told.code, "There is no customer 'c_x'" in told.err) == (1, True)


def test_a_preview_of_the_same_policies_changes_nothing(sojourn: Command, shop: dict[str, str]) -> None:
    keep(shop["SOJOURN_DATABASE_URL"], message(), message(NIGHT), message(NOON, *[NOON - timedelta(hours=1)] * 3))
    assert previewed(sojourn, shop, changed(shop, "consent: {}", "consent: {}")) == ([], 3, 0)


def test_a_lower_cap_would_have_blocked_what_left(sojourn: Command, shop: dict[str, str]) -> None:
    keep(shop["SOJOURN_DATABASE_URL"], message(), message(NOON, NOON - timedelta(hours=1)))
    file = changed(shop, "{most: 3, within: 1d}", "{most: 1, within: 1d}")
    assert previewed(sojourn, shop, file) == ([("allow", "deny", "frequency_cap")], 1, 0)


def test_without_quiet_hours_what_was_held_would_have_left(sojourn: Command, shop: dict[str, str]) -> None:
    keep(shop["SOJOURN_DATABASE_URL"], message(NIGHT))
    file = changed(shop, 'quiet_hours:\n  from: "21:00"\n  to: "08:00"\n', "")
    assert previewed(sojourn, shop, file) == ([("hold", "allow", "quiet_hours")], 0, 0)


def test_a_new_rule_sends_to_a_person_what_left_by_itself(sojourn: Command, shop: dict[str, str]) -> None:
    keep(shop["SOJOURN_DATABASE_URL"], message(), message(channel="push"))
    rule_ = "rules:\n  pushes:\n    when: action.channel == 'push'\n    verdict: needs_approval\n"
    file = changed(
        shop, "consent: {}", f"consent: {{}}\n{rule_}    group: marketing\n    message: a push is asked about"
    )
    assert previewed(sojourn, shop, file) == ([("allow", "needs_approval", "rules")], 1, 0)


def test_what_was_not_kept_is_told_and_not_guessed(sojourn: Command, shop: dict[str, str]) -> None:
    keep(shop["SOJOURN_DATABASE_URL"], message())
    file = changed(shop, "consent: {}", "consent: {}\nhigh_value: {attribute: plan_value, at_least: 1000}")
    told = sojourn("policy", "preview", file, **shop)
    assert "1  cannot be told:" in told.out
    assert "1: high_value looks at the customer's plan_value, which was not kept" in told.out


def test_a_policy_that_does_not_concern_a_message_needs_to_know_nothing_of_it(
    sojourn: Command, shop: dict[str, str]
) -> None:
    keep(shop["SOJOURN_DATABASE_URL"], message(), message(channel="whatsapp"))
    more = "whatsapp_window: {}\nsms_identification: {}\none_offer: {}\ncritical_workflow: {}\n"
    assert previewed(sojourn, shop, changed(shop, "consent: {}", f"consent: {{}}\n{more}")) == ([], 1, 1)


def test_a_denial_is_certain_whatever_another_policy_would_say(sojourn: Command, shop: dict[str, str]) -> None:
    keep(shop["SOJOURN_DATABASE_URL"], message(NOON, NOON - timedelta(hours=1)))
    file = changed(shop, "{most: 3, within: 1d}", "{most: 1, within: 1d}")
    file.write_text(file.read_text() + "high_value: {attribute: plan_value, at_least: 1000}\n")
    assert previewed(sojourn, shop, file) == ([("allow", "deny", "frequency_cap")], 0, 0)


def test_what_a_journey_asks_for_itself_stays(sojourn: Command, shop: dict[str, str]) -> None:
    [_, *_, capped] = load_policies(RETAIL / "policies.yaml")
    own = type(capped).model_validate({"most": 1})
    keep(shop["SOJOURN_DATABASE_URL"], facts(now=NOON, discount=3, consents=(consent(True),)), own=(own,))
    file = changed(shop, "discount_cap:\n  most: 15%\n  approval_above: 5%\n  group: marketing\n", "")
    assert previewed(sojourn, shop, file) == ([], 1, 0)


def test_the_summary_fits_a_terminal(sojourn: Command, shop: dict[str, str]) -> None:
    keep(shop["SOJOURN_DATABASE_URL"], message(), message(NOON, NOON - timedelta(hours=1)))
    file = changed(shop, "{most: 3, within: 1d}", "{most: 1, within: 1d}")
    # The file is named as it was given, however long that is.
    told = sojourn("policy", "preview", file, **shop).out.replace(str(file), "policies.yaml")
    assert "       1  would have been blocked (frequency_cap 1)\n" in told
    assert "       1  as they were\n" in told
    assert "frequency_cap: the customer had 1 message in 1 day; the cap is 1" in " ".join(told.split())
    assert max(map(len, told.splitlines())) <= 80


async def _lena(url: str) -> None:
    """Someone in Spain, nobody knows where there, who said no to mail, and looked at a tent."""
    before = NOW - timedelta(days=9)
    said = {"customer_id": "c_lena", "channel": "email", "purpose": "marketing", "source": "form", "at": before}
    database = Database(url)
    await put(
        database,
        Customer(id="c_lena", traits={"country": "Spain"}, created_at=before),
        Address(customer_id="c_lena", kind="email", value="lena@example.com", updated_at=before),
        ConsentRecord.model_validate(said | {"granted": False}),
        EventRecord(
            id="e_1",
            customer_id="c_lena",
            name="Product Viewed",
            properties=TENT,
            occurred_at=before,
            received_at=before,
        ),
    )
    await database.close()


def test_publish_makes_a_file_hold_and_list_tells_what_does(sojourn: Command, shop: dict[str, str]) -> None:
    published = sojourn("policy", "publish", changed(shop, "most: 15", "most: 12"), **shop)
    assert published.out.startswith("Live: policies.yaml@")
    listed = sojourn("policy", "list", **shop)
    assert "    - most: 12\n" in listed.out
    assert "policies.yaml is not what is live" in listed.err


def test_list_tells_what_is_live_where_the_folder_has_no_file(
    sojourn: Command, shop: dict[str, str], tmp_path: Path
) -> None:
    sojourn("policy", "publish", changed(shop, "most: 15", "most: 12"), **shop)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    listed = sojourn("policy", "list", **shop | {"SOJOURN_PROJECT_DIR": str(elsewhere)})
    assert "    - most: 12\n" in listed.out
    assert listed.err == ""


def test_publish_asks_who_proposes_what_others_must_agree_to(sojourn: Command, shop: dict[str, str]) -> None:
    """Without Temporal nothing is proposed, nor does it go live instead."""
    assert sojourn("policy", "publish", **shop).code == 0
    project = Path(shop["SOJOURN_PROJECT_DIR"]) / "sojourn.yaml"
    project.write_text(project.read_text() + "\nreview: {price: marketing}\n")
    file = changed(shop, "most: 15", "most: 40")
    assert "nobody agrees to what they asked" in sojourn("policy", "publish", file, **shop).err
    proposing = shop | {"SOJOURN_TOKEN": ADA, "SOJOURN_TEMPORAL_ADDRESS": "127.0.0.1:1"}
    assert "Temporal" in sojourn("policy", "publish", file, **proposing).err
    assert "    - most: 15\n" in sojourn("policy", "list", **shop).out
