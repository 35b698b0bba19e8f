"""Content goes live at once or when others have agreed, reaches processes that run, and is taken back."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from activities.following import Following
from activities.live import Live
from content.library import Library, load_library
from content.rendering import UnknownContent
from deciding.live_content import published_content, take_up_live
from journeys.review import Area
from project.access import Person
from starter.changes.contents import NotPublished, Outcome, bring_along, publish_content
from starter.changes.proposing import LIFE, Proposal
from starter.contents.shelf import Shelf
from store.changes import find_change, keep_change, roll_back, settle_change
from store.database import Database
from store.tables import Change
from tests.approving import approve_content

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADA = Person(email="ada@northwind.example", name="Ada", groups=("marketing",))
MARIA = Person(email="maria@northwind.example", name="Maria", groups=("marketing",))
PROJECT = """
brand: {name: Northwind, address: Hamburg, url: 'https://northwind.example'}
write_keys: [key]
channels: {}
review: {price: finance}
"""
HELLO = "title: Hello\nbody: World\n"
OFFER = "---\noffer: 10%\nauthor: maria@northwind.example\n---\ntitle: Ten off\nbody: For you\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project in which finance agrees to prices, with a greeting and an offer."""
    (tmp_path / "sojourn.yaml").write_text(PROJECT)
    write(tmp_path, "hello", HELLO)
    write(tmp_path, "offer", OFFER)
    return tmp_path


def write(shop: Path, name: str, text: str) -> None:
    file = shop / "content" / name / "push.yaml.j2"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


async def publish(database: Database, shop: Path, name: str, person: Person = ADA) -> Outcome:
    """Have a person publish a content; a proposal is kept, and given to no review."""

    async def propose(proposal: Proposal) -> Change:
        given = vars(proposal) | {"id": "ch_1", "author": person.email, "proposed_at": NOW, "deadline": NOW + LIFE}
        change = Change(**given, state="open")
        async with database.transaction() as session:
            await keep_change(session, change)
        return change

    async with database.reading() as session:
        shelf = Shelf.open(shop, await published_content(session), {})
    [outcome] = await publish_content(database, shelf, shelf.entries(name), person, propose)
    return outcome


async def leaving(database: Database, library: Library, name: str) -> str:
    """The title that a process sends by now; empty where nothing leaves."""
    async with database.reading() as session:
        await take_up_live(session, library)
    try:
        return library.variant(name, "push").texts["push.yaml.j2"].partition("title: ")[2].partition("\n")[0]
    except UnknownContent:
        return ""


async def test_what_nobody_else_must_agree_to_leaves_at_once_and_a_changed_file_is_a_draft(
    database: Database, shop: Path
) -> None:
    running = load_library(shop)
    assert await leaving(database, running, "hello") == ""
    assert (await publish(database, shop, "hello")).change is None
    assert await leaving(database, running, "hello") == "Hello"
    write(shop, "hello", HELLO.replace("Hello", "Hi"))
    async with database.reading() as session:
        [draft] = Shelf.open(shop, await published_content(session), {}).entries("hello")
    assert (draft.standing.state, draft.standing.why) == ("draft", f"it was changed since {ADA.email} approved it")
    restarted = load_library(shop)
    assert await leaving(database, restarted, "hello") == "Hello"
    await publish(database, shop, "hello", MARIA)
    assert [await leaving(database, each, "hello") for each in (running, restarted)] == ["Hi", "Hi"]


async def test_an_offer_leaves_once_it_is_approved_and_until_it_is_taken_back(
    database: Database, shop: Path
) -> None:
    running = load_library(shop)
    for text in (OFFER, OFFER.replace("Ten off", "Ten per cent off")):
        write(shop, "offer", text)
        before = await leaving(database, running, "offer")
        change = (await publish(database, shop, "offer")).change
        assert change is not None
        assert (change.areas, change.owner) == ({"price": "finance"}, MARIA.email)
        assert await leaving(database, running, "offer") == before
        async with database.transaction() as session:
            await settle_change(session, change.id, "approved", ["fay@northwind.example"], "", NOW)
        assert await leaving(database, running, "offer") == text.partition("title: ")[2].partition("\n")[0]
        if not before:
            async with database.transaction() as session:
                await session.delete(await find_change(session, change.id))
    assert "-title: Ten off\n+title: Ten per cent off\n" in change.diff
    assert "What leaves now, for someone made up:\n  title: Ten off" in change.preview
    assert "What would leave:\n  title: Ten per cent off" in change.preview
    async with database.transaction() as session:
        await roll_back(session, change.id, "fay@northwind.example", NOW)
    assert await leaving(database, running, "offer") == "Ten off"


async def test_a_new_content_that_is_taken_back_leaves_nothing_behind(
    sqlite_database: Database, shop: Path
) -> None:
    change = (await publish(sqlite_database, shop, "offer")).change
    assert change is not None
    async with sqlite_database.transaction() as session:
        await settle_change(session, change.id, "approved", ["fay@northwind.example"], "", NOW)
        await roll_back(session, change.id, "fay@northwind.example", NOW)
    approve_content(shop)
    assert await leaving(sqlite_database, load_library(shop), "offer") == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HELLO, "the group 'brand'; ada@northwind.example is not in it"),
        (f"---\nstatus: draft\n---\n{HELLO}", "write 'status: in_review' when it is ready"),
        ("title: cheap\nbody: World\n", "the brand does not write 'cheap'"),
    ],
)
async def test_what_may_not_be_published_is_told_why(
    sqlite_database: Database, shop: Path, text: str, told: str
) -> None:
    rules = "content: {approvers: brand, forbidden: [cheap]}\n"
    (shop / "sojourn.yaml").write_text(PROJECT + (rules if text == HELLO else rules.replace("brand", "marketing")))
    write(shop, "hello", text)
    with pytest.raises(NotPublished, match=told):
        await publish(sqlite_database, shop, "hello")


async def test_nobody_approves_alone_what_they_wrote_but_its_author_may_propose_it(
    sqlite_database: Database, shop: Path
) -> None:
    write(shop, "hello", f"---\nauthor: {MARIA.email}\n---\n{HELLO}")
    with pytest.raises(NotPublished, match="someone else approves it"):
        await publish(sqlite_database, shop, "hello", MARIA)
    assert (await publish(sqlite_database, shop, "offer", MARIA)).change is not None


async def test_two_who_publish_the_same_content_at_once_do_not_undo_each_other(
    database: Database, shop: Path
) -> None:
    """Whoever comes second looked at another version than is live by then."""
    await publish(database, shop, "hello")
    shelves: list[Shelf] = []
    for title in ("Hi", "Good day"):
        write(shop, "hello", HELLO.replace("Hello", title))
        async with database.reading() as session:
            shelves.append(Shelf.open(shop, await published_content(session), {}))

    async def never(proposal: Proposal) -> Change:
        raise AssertionError(proposal)

    both = (publish_content(database, each, each.entries("hello"), ADA, never) for each in shelves)
    done = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["NotPublished", "list"]


@pytest.mark.parametrize(("review", "brought"), [((), ["hello", "offer"]), (("price",), ["hello"])])
async def test_a_new_installation_begins_with_what_is_brought_along_but_for_what_others_must_agree_to(
    sqlite_database: Database, shop: Path, review: tuple[Area, ...], brought: list[str]
) -> None:
    approve_content(shop)
    await bring_along(sqlite_database, load_library(shop, review=review))
    async with sqlite_database.reading() as session:
        assert [name for name, _ in await published_content(session)] == brought


async def test_what_an_installation_has_published_is_not_replaced_by_what_is_brought_along(
    sqlite_database: Database, shop: Path
) -> None:
    """A folder with another approved version goes there with a new release."""
    await publish(sqlite_database, shop, "hello")
    write(shop, "hello", HELLO.replace("Hello", "Hi"))
    approve_content(shop)
    deployed = load_library(shop)
    await bring_along(sqlite_database, deployed)
    assert await leaving(sqlite_database, deployed, "hello") == "Hello"


async def test_what_is_retired_does_not_leave_wherever_it_is_written(
    sqlite_database: Database, shop: Path
) -> None:
    running = load_library(shop)
    await publish(sqlite_database, shop, "hello")
    write(shop, "hello", f"---\nstatus: retired\n---\n{HELLO}")
    assert await leaving(sqlite_database, load_library(shop), "hello") == ""
    assert await leaving(sqlite_database, running, "hello") == "Hello"
    await publish(sqlite_database, shop, "hello")
    assert await leaving(sqlite_database, running, "hello") == ""


async def test_a_worker_sends_what_was_published_elsewhere_though_its_folder_has_no_such_file(
    sqlite_database: Database, shop: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    old_release = tmp_path_factory.mktemp("old")
    (old_release / "content").mkdir()
    library = load_library(old_release)
    following = Following(sqlite_database, Live(()), library)
    await publish(sqlite_database, shop, "hello")
    await following.look()
    assert library.variant("hello", "push").texts == {"push.yaml.j2": HELLO}
