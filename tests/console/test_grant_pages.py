"""Standing grants in the console: who gave them, what is left, and their end by whoever may."""

import httpx

from starter.services import Services
from store.grants import find_grant
from tests.console.test_pages import form_token
from tests.seeding import ADA, approval, customer, grant, put


async def test_a_grant_is_shown_with_who_gave_it_and_what_is_left_and_ended_by_its_group(
    ada: httpx.AsyncClient, shop: Services
) -> None:
    await put(shop.database, customer(), approval(), grant("g_1", used=2), grant("g_2", group="support"))

    page = (await ada.get("/approvals/grants")).text
    assert ("3 of 5" in page, ADA.email in page, "10%" in page.replace(" ", "")) == (True, True, True)
    assert ("/approvals/grants/g_1/end" in page, "/approvals/grants/g_2/end" in page) == (True, False)
    token = form_token(page)
    forged = await ada.post("/approvals/grants/g_1/end", data={"form_token": "0" * 64})
    foreign = await ada.post("/approvals/grants/g_2/end", data={"form_token": token})
    ended = await ada.post("/approvals/grants/g_1/end", data={"form_token": token})

    assert (forged.status_code, foreign.status_code, ended.status_code) == (403, 403, 303)
    assert "Only people of the group &#39;support&#39; end this" in foreign.text
    async with shop.database.reading() as session:
        states = [(await find_grant(session, name)) for name in ("g_1", "g_2")]
    assert [row and row.revoked_by for row in states] == [ADA.email, ""]
    assert f"by {ADA.email}" in (await ada.get("/approvals/grants?show=over")).text
