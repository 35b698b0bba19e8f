"""The pages on content: what may leave, and how it looks for a customer on every channel."""

import re
import shutil
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from starter.services import Services
from store.events import NewEvent, add_events
from store.tables import AuditEntry, Customer
from tests import seeding
from tests.conftest import RETAIL
from tests.console.conftest import SITE, app_of


@pytest.fixture
async def lena(shop: Services) -> str:
    """A customer who looked at a tent."""
    await seeding.put(shop.database, Customer(id="c_lena", traits={"first_name": "Lena"}, created_at=seeding.NOW))
    viewed = NewEvent("e1", "c_lena", "Product Viewed", {"product_id": "lumen-2"}, seeding.NOW, seeding.NOW, "")
    async with shop.database.transaction() as session:
        await add_events(session, [viewed])
    return "c_lena"


async def test_the_library_says_of_everything_whether_it_may_leave(ada: httpx.AsyncClient):
    page = (await ada.get("/content")).text

    assert '<a href="/content/browse-reminder">browse-reminder</a>' in page
    assert "ada@northwind.example approved it on" in page


async def test_a_content_is_shown_as_a_customer_would_get_it_and_why(ada: httpx.AsyncClient, lena: str):
    page = (await ada.get("/content/browse-reminder", params={"customer": lena})).text
    mail = await ada.get("/content/browse-reminder/email/page", params={"customer": lena})

    assert "The Lumen 2 tent is still here" in page
    assert "<dt>customer.first_name</dt><dd><b>Lena</b>: what is known of the customer</dd>" in page
    assert "Back on the trail, Lena?" in mail.text
    assert "sandbox;" in mail.headers["content-security-policy"]


async def test_without_a_customer_it_is_shown_for_someone_made_up(ada: httpx.AsyncClient):
    page = (await ada.get("/content/browse-offer")).text

    [said] = re.findall("<p>(Hello! Until .*)</p>", page)
    assert said.endswith("the Ridgeline 40 backpack is 10% less for you. Just answer if you have a question.")


async def test_what_cannot_be_made_for_a_customer_says_why(ada: httpx.AsyncClient, shop: Services):
    await seeding.put(shop.database, seeding.customer("c_new"))

    page = (await ada.get("/content/browse-second-look", params={"customer": "c_new"})).text

    assert "It cannot be made for this customer: content/browse-second-look/push.yaml.j2" in page


@pytest.mark.parametrize("path", ["/content/nothing", "/content/browse-offer/email/page"])
async def test_what_is_not_there_is_told(ada: httpx.AsyncClient, path: str):
    assert (await ada.get(path)).status_code == 404


async def test_nobody_sees_content_who_is_not_signed_in(site: httpx.AsyncClient):
    assert (await site.get("/content/browse-offer")).status_code == 303


PUSH = "content/browse-second-look/push.yaml.j2"


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """A project in which a machine wrote a push anew."""
    folder = shutil.copytree(RETAIL, tmp_path / "shop")
    text = (
        (folder / PUSH).read_text().replace("purpose:", "generated: true\npurpose:").replace("once more", "again")
    )
    (folder / PUSH).write_text(text)
    return folder


@pytest.fixture
async def desk(shop: Services, draft: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """The console of that project, with Ada of marketing signed in."""
    settings = shop.settings.model_copy(update={"project_dir": draft})
    at_work = replace(shop, settings=settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app_of(at_work)), base_url=SITE) as client:
        await client.post("/sign-in", data={"token": seeding.ADA.token})
        yield client


def form_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(form_token|version)" value="([^"]+)"', page))


async def test_what_a_machine_wrote_waits_for_a_person_who_approves_it_on_its_page(
    desk: httpx.AsyncClient, shop: Services
):
    before = (await desk.get("/content/browse-second-look")).text

    answer = await desk.post("/content/browse-second-look/publish", data=form_of(before))

    assert "(a machine wrote it)" in before
    assert "it was changed since ada@northwind.example approved it" in before
    assert answer.status_code == 303
    after = (await desk.get("/content/browse-second-look")).text
    assert 'aria-label="Approval"' not in after
    async with shop.database.reading() as session:
        [entry] = (await session.exec(select(AuditEntry).where(AuditEntry.kind == "change"))).all()
    assert (entry.subject, entry.by) == ("content:browse-second-look/push", seeding.ADA.email)


async def test_what_others_must_agree_to_has_a_button_to_propose_it(desk: httpx.AsyncClient, draft: Path):
    (draft / "sojourn.yaml").write_text(f"{(draft / 'sojourn.yaml').read_text()}\nreview: {{price: finance}}\n")
    (draft / PUSH).write_text((draft / PUSH).read_text().replace("purpose:", "offer: 5%\npurpose:"))

    page = (await desk.get("/content/browse-second-look")).text

    assert "finance must agree" in page
    assert "Propose what is shown below" in page


async def test_nobody_approves_what_was_changed_since_they_saw_it(desk: httpx.AsyncClient, draft: Path):
    seen = (await desk.get("/content/browse-second-look")).text
    (draft / PUSH).write_text((draft / PUSH).read_text().replace("again", "another time"))

    answer = await desk.post("/content/browse-second-look/publish", data=form_of(seen))

    assert answer.status_code == 409
    assert "It was changed since this page was shown" in answer.text


async def test_whoever_wrote_it_has_no_button_and_is_told_why(desk: httpx.AsyncClient, draft: Path):
    own = (draft / PUSH).read_text().replace("purpose:", f"author: {seeding.ADA.email}\npurpose:")
    (draft / PUSH).write_text(own)
    page = (await desk.get("/content/browse-second-look")).text
    assert "Approve what is shown below" not in page
    assert f"{seeding.ADA.email} wrote it; someone else approves it." in page
