"""`sojourn content`: checked, listed, approved and previewed from the command line."""

import asyncio
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store.database import Database
from store.events import NewEvent, add_events
from store.migrate import migrate
from store.tables import Customer
from tests.cli.conftest import Command
from tests.conftest import RETAIL

PUSH = "content/browse-second-look/push.yaml.j2"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a store in which nothing was published yet."""
    folder = shutil.copytree(RETAIL, tmp_path / "shop")
    monkeypatch.setenv("SOJOURN_STATE_DIR", str(folder))
    asyncio.run(_make_store(folder))
    return folder


async def _make_store(folder: Path) -> None:
    database = Database(f"sqlite:///{folder / 'sojourn.db'}")
    await migrate(database)
    await database.close()


def edit(shop: Path, old: str, new: str) -> None:
    text = (shop / PUSH).read_text(encoding="utf-8")
    (shop / PUSH).write_text(text.replace(old, new), encoding="utf-8")


def test_content_that_is_right_is_told_by_name(sojourn: Command, shop: Path):
    answer = sojourn("content", "check", shop)

    assert answer.code == 0
    assert answer.out.startswith("All right: browse-offer, ")


def test_a_problem_is_told_with_its_place_and_its_rule(sojourn: Command, shop: Path):
    edit(shop, "once more", "cheap")

    answer, listed = sojourn("content", "check", shop), sojourn("content", "check", shop, "-o", "json")

    assert (answer.code, listed.code) == (1, 1)
    assert answer.err.splitlines() == [
        f"{shop / PUSH}:6:29: the brand does not write 'cheap' [brand]",
        "1 problem.",
    ]
    assert [(f["rule"], f["line"], f["column"]) for f in json.loads(listed.out)] == [("brand", 6, 29)]


def test_what_was_changed_is_listed_as_a_draft_and_approved_anew_by_a_person(sojourn: Command, shop: Path):
    edit(shop, "once more", "once again")
    listed = sojourn("--project", shop, "content", "list", "--state", "draft")

    approved = sojourn(
        "--project", shop, "content", "publish", "browse-second-look", SOJOURN_TOKEN="demo-token-maria"
    )
    handed_on = sojourn("--project", shop, "content", "record")
    after = json.loads(sojourn("--project", shop, "content", "list", "-o", "json").out)

    assert "browse-second-look  push     draft\n    it was changed since ada@northwind.example" in listed.out
    assert approved.code == 0
    assert handed_on.out == "Written: 14 of 14 approved, in content/approved.yaml.\n"
    assert "by: maria@northwind.example" in (shop / "content/approved.yaml").read_text(encoding="utf-8")
    assert {row["state"] for row in after} == {"approved"}
    assert [r["why"][:21] for r in after if r["content"] == "browse-second-look"] == ["maria@northwind.examp"]


@pytest.mark.parametrize(
    ("token", "told"),
    [
        ("demo-token-omar", "is approved by the group 'marketing'; omar@northwind"),
        ("wrong", "Name your token of the project's sojourn.yaml"),
    ],
)
def test_what_may_not_be_approved_stays_as_it_is(sojourn: Command, shop: Path, token: str, told: str):
    edit(shop, "once more", "once again")

    answer = sojourn("--project", shop, "content", "publish", "browse-second-look", SOJOURN_TOKEN=token)

    assert answer.code == 1
    assert told in answer.err
    assert "browse-second-look" in sojourn("--project", shop, "content", "list", "--state", "draft").out


def test_a_journey_with_content_that_nobody_approved_is_not_right(sojourn: Command, shop: Path):
    edit(shop, "once more", "once again")

    before = sojourn("--project", shop, "journey", "check")
    sojourn("--project", shop, "content", "publish", "browse-second-look", SOJOURN_TOKEN="demo-token-ada")

    assert "the content 'browse-second-look' is not approved; only what is approved leaves" in before.err
    assert sojourn("--project", shop, "journey", "check").code == 0


def test_a_preview_shows_every_channel_and_why(sojourn: Command, shop: Path):
    page = shop / "page.html"

    answer = sojourn("--project", shop, "content", "preview", "browse-reminder", "--html", page)

    assert answer.out.splitlines()[1] == "subject: The Ridgeline 40 backpack is still here"
    assert "  related: Fell 28 day pack, Traverse 60 trekking pack (of the category 'Backpacks'" in answer.out
    assert "preview-unsubscribe" in page.read_text(encoding="utf-8")


async def _lena(shop: Path) -> None:
    database = Database(f"sqlite:///{shop / 'sojourn.db'}")
    await migrate(database)
    at = datetime(2026, 3, 3, 9, tzinfo=UTC)
    viewed = {"product_id": "lumen-2"}
    async with database.transaction() as session:
        session.add(Customer(id="c_lena", created_at=at, traits={"first_name": "Lena"}, locale="de-DE"))
        await session.flush()
        await add_events(session, [NewEvent("e1", "c_lena", "Product Viewed", viewed, at, at, "")])
    await database.close()


def test_a_preview_for_a_customer_is_made_from_their_own_last_event(sojourn: Command, shop: Path):
    asyncio.run(_lena(shop))

    answer = sojourn(
        "--project", shop, "content", "preview", "browse-reminder", "--customer", "c_lena", "-o", "json",
        SOJOURN_STATE_DIR=str(shop),
    )  # fmt: skip

    shown = json.loads(answer.out)[0]
    assert shown["fields"]["subject"] == "The Lumen 2 tent is still here"
    assert {"part": "customer.first_name", "shows": "Lena", "why": "what is known of the customer"} in shown[
        "reasons"
    ]


def test_a_preview_of_what_does_not_exist_names_the_nearest(sojourn: Command, shop: Path):
    answer = sojourn("--project", shop, "content", "preview", "browse-remindr")

    assert answer.err == "There is no content 'browse-remindr' (did you mean 'browse-reminder'?).\n"


def test_a_name_that_is_like_no_other_is_answered_with_those_there_are(sojourn: Command):
    answer = sojourn("--project", RETAIL, "content", "preview", "xyz")
    assert answer.code == 1
    assert answer.err.startswith("There is no content 'xyz' (there are: browse-offer, browse-related, ")


def test_who_may_only_look_approves_nothing(sojourn: Command, shop: Path):
    edit(shop, "once more", "once again")
    project = (shop / "sojourn.yaml").read_text(encoding="utf-8")
    looker = "people:\n  - {email: lou@northwind.example, name: Lou, groups: [lookers], token: token-lou}\n"
    groups = "groups:\n  lookers: {roles: [reader]}\n"
    assert "\ngroups:\n" in project
    project = project.replace("people:\n", looker, 1).replace("groups:\n", groups, 1)
    (shop / "sojourn.yaml").write_text(project, encoding="utf-8")

    answer = sojourn("--project", shop, "content", "publish", "--all", SOJOURN_TOKEN="token-lou")

    assert answer.code == 1
    assert "Approving is for approver or content_owner or strategy_owner" in answer.err


def test_a_surface_is_shown_with_what_stands_in_its_slots_and_why(sojourn: Command, shop: Path):
    told = sojourn("--project", shop, "content", "assemble", "homepage")
    unknown = sojourn("--project", shop, "content", "assemble", "homepge")

    assert "hero          home-tent-sale      yes    for everyone whom it fits" in told.out
    assert "offer         home-welcome-offer  no\n    a surface shows at most 1 with a discount\n" in told.out
    assert "did you mean 'homepage'?" in unknown.err
