"""The console's pages over HTTP: who may read them, what they show, and what they refuse."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from starter.services import Services
from store.approvals import find_approval, mark_decided
from tests.seeding import (
    ADA,
    NOW,
    OMAR,
    approval,
    channel_pause,
    customer,
    delivery,
    put,
    refund,
    run,
    run_ref,
    trace,
)

PAGES = ["/", "/approvals", "/approvals/a_1", "/approvals/a_1/message", "/runs", "/runs/x:y:z", "/deliveries"]


def form_token(page: str) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', page)
    assert found
    return found.group(1)


async def state_of(shop: Services, approval_id: str = "a_1") -> str:
    async with shop.database.reading() as session:
        row = await find_approval(session, approval_id)
    assert row is not None
    return row.state


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_wants_a_person(site: httpx.AsyncClient, path: str) -> None:
    answer = await site.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?to=%2F")


async def test_an_address_that_is_none_is_a_page_for_a_browser_and_json_for_a_program(
    site: httpx.AsyncClient,
) -> None:
    page = await site.get("/nowhere", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (page.status_code, "There is no such page" in page.text) == (404, True)
    told = await site.get("/nowhere")
    assert (told.status_code, told.json()) == (404, {"detail": "Not Found"})


async def test_who_may_not_see_a_page_is_told_so_and_keeps_the_way_to_the_others(ada: httpx.AsyncClient) -> None:
    page = await ada.get("/audit")
    assert (page.status_code, "You may not do that" in page.text) == (403, True)
    assert 'href="/approvals"' in page.text


async def test_a_live_part_of_a_page_sends_to_the_door_as_a_whole(site: httpx.AsyncClient) -> None:
    answer = await site.get("/approvals", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in")


async def test_a_token_opens_a_session_and_leads_on(site: httpx.AsyncClient) -> None:
    answer = await site.post("/sign-in", data={"token": ADA.token, "to": "/runs"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()


async def test_a_wrong_token_opens_nothing(site: httpx.AsyncClient) -> None:
    answer = await site.post("/sign-in", data={"token": "guess"})
    assert answer.status_code == 401
    assert "Nobody has this token" in answer.text
    assert "set-cookie" not in answer.headers


async def test_a_name_is_not_enough_outside_a_demonstration(site: httpx.AsyncClient) -> None:
    answer = await site.post("/sign-in", data={"email": ADA.email})
    assert answer.status_code == 401
    assert "demonstration" not in (await site.get("/sign-in")).text


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
async def test_the_door_leads_nowhere_else(site: httpx.AsyncClient, to: str) -> None:
    answer = await site.post("/sign-in", data={"token": ADA.token, "to": to})
    assert answer.headers["location"] == "/"


async def test_a_form_from_another_site_signs_nobody_in(site: httpx.AsyncClient) -> None:
    answer = await site.post("/sign-in", data={"token": ADA.token}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_signing_out_forgets_the_session(ada: httpx.AsyncClient) -> None:
    token = form_token((await ada.get("/")).text)
    await ada.post("/sign-out", data={"form_token": token})
    assert (await ada.get("/")).status_code == 303


async def test_pages_let_nothing_foreign_in(ada: httpx.AsyncClient) -> None:
    policy = (await ada.get("/approvals")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


async def test_the_mail_is_shown_in_a_frame_that_runs_and_loads_nothing(
    ada: httpx.AsyncClient, shop: Services
) -> None:
    await put(shop.database, customer(), approval(channel="email"))
    card, mail = await ada.get("/approvals/a_1"), await ada.get("/approvals/a_1/message")
    assert re.search(r"<iframe [^>]*sandbox src=\"/approvals/a_1/message\"", card.text)
    assert mail.headers["content-security-policy"].startswith(
        "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    )
    assert "It sleeps three" in mail.text


async def test_what_a_customer_wrote_is_only_text(ada: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), approval(reason="<script>alert(1)</script>", step_id="<b>offer</b>"))
    page = (await ada.get("/approvals")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


async def test_a_card_shows_all_that_is_needed_to_decide(ada: httpx.AsyncClient, shop: Services) -> None:
    earlier = delivery("d_1", "reminder", "browse-reminder", "email", "opened", timedelta(hours=20))
    await put(shop.database, customer(), earlier, approval(otherwise="stop"))
    page = (await ada.get("/approvals")).text
    for fact in (
        "10 % off by WhatsApp",
        "Fjell 3 tent",
        "+49 ••• 42",
        "more than the 5 % a journey may give",
        "maria@northwind.example",
        "Without an answer the journey ends.",
        "quiet hours",
        "10 % is more than 5 %",
        "browse-reminder",
    ):
        assert fact in page
    assert "+4915112345642" not in page


async def test_a_refund_has_its_currency_and_says_to_whom_it_passes_on(
    ada: httpx.AsyncClient, shop: Services
) -> None:
    await put(shop.database, customer(), refund("a_1"))
    page = (await ada.get("/approvals/a_1")).text
    for fact in ("Refund of 1,250.00 EUR", "to <b>brand</b>", "Without an answer it is not done.", "3 allow it"):
        assert fact in page


async def test_a_question_is_shown_in_its_words_and_a_derived_id_nowhere(
    ada: httpx.AsyncClient, shop: Services
) -> None:
    question: dict[str, Any] = {"channel": "question", "recipient": "", "discount": None, "step_id": "approve_2"}
    asked = approval(**question, message={"about": "May we call them?"}, findings=[])
    await put(shop.database, customer(), asked)
    page = (await ada.get("/approvals/a_1")).text
    assert "A question" in page
    assert '<p class="act">May we call them?</p>' in page
    assert "Without an answer the journey goes on without it." in page
    assert "approve_2" not in page
    assert "approve 2" not in page


async def test_reading_an_approval_never_decides_it(ada: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), approval())
    await ada.get("/approvals/a_1?decision=approve")
    assert (await ada.get("/approvals/a_1/decision?decision=approve")).status_code == 405
    assert await state_of(shop) == "open"


@pytest.mark.parametrize("token", ["", "0" * 64])
async def test_a_forged_form_decides_nothing(ada: httpx.AsyncClient, shop: Services, token: str) -> None:
    await put(shop.database, customer(), approval())
    answer = await ada.post("/approvals/a_1/decision", data={"form_token": token, "decision": "approve"})
    assert answer.status_code == 403
    assert "Nothing was decided" in answer.text
    assert await state_of(shop) == "open"


async def test_a_form_from_another_site_decides_nothing(ada: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), approval())
    data = {"form_token": form_token((await ada.get("/approvals")).text), "decision": "approve"}
    answer = await ada.post("/approvals/a_1/decision", data=data, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


async def test_the_token_of_another_session_decides_nothing(ada: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), approval())
    hers = form_token((await ada.get("/approvals")).text)
    await ada.post("/sign-in", data={"token": OMAR.token})
    answer = await ada.post("/approvals/a_1/decision", data={"form_token": hers, "decision": "approve"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("changes", "data", "status", "words"),
    [
        ({}, {"decision": "reject"}, 400, "Say why you reject it"),
        ({"group": "support"}, {"decision": "approve"}, 403, "Only people of the group"),
        ({"author": ADA.email}, {"decision": "approve"}, 403, "nobody approves what they wrote"),
        ({"content_author": ADA.email}, {"decision": "approve"}, 403, "You wrote this content"),
        ({"requester": ADA.email}, {"decision": "approve"}, 403, "nobody approves what they requested"),
        ({"people": 2, "agreed": [ADA.email]}, {"decision": "approve"}, 403, "You have agreed already"),
        ({"assignee": "lars"}, {"decision": "approve"}, 403, "This was handed to lars"),
        (
            {"state": "approved", "decided_by": "lars"},
            {"decision": "approve"},
            409,
            "lars has already approved this",
        ),
        ({"state": "expired"}, {"decision": "approve"}, 410, "The time to decide has passed"),
        ({"state": "withdrawn", "decision_reason": "bought"}, {"decision": "approve"}, 410, "withdrawn: bought"),
        ({}, {"decision": "approve"}, 503, "Decide again in a minute"),
        ({}, {"decision": "similar", "most": "5", "days": "7"}, 409, "Each of these is decided for itself"),
        ({"similar": "alike"}, {"decision": "similar", "most": "many"}, 409, "Say with numbers"),
        ({"similar": "alike"}, {"decision": "similar", "most": "5", "days": "365"}, 409, "up to 90 days"),
        ({}, {"decision": "hand", "to": "nobody"}, 400, "in a group &#39;nobody&#39;"),
        ({}, {"decision": "edit", "edit.parameters.9": "new"}, 422, "cannot be edited here"),
        ({}, {"decision": "perhaps"}, 400, "That form is not right"),
    ],
    ids=[
        "no reason",
        "wrong group",
        "author",
        "author of the content",
        "requester",
        "twice",
        "handed to another",
        "already decided",
        "expired",
        "withdrawn",
        "Temporal down",
        "not similar",
        "no number",
        "too long",
        "nobody there",
        "no such text",
        "no decision",
    ],
)
async def test_a_refused_decision_is_told_on_its_card(
    ada: httpx.AsyncClient,
    shop: Services,
    changes: dict[str, Any],
    data: dict[str, str],
    status: int,
    words: str,
) -> None:
    await put(shop.database, customer(), approval(**changes))
    token = form_token((await ada.get("/")).text)
    answer = await ada.post("/approvals/a_1/decision", data=data | {"form_token": token, "seen": "hash"})
    assert answer.status_code == status
    assert words in answer.text


async def test_a_decision_about_nothing_is_told(ada: httpx.AsyncClient) -> None:
    token = form_token((await ada.get("/")).text)
    answer = await ada.post("/approvals/a_9/decision", data={"form_token": token, "decision": "approve"})
    assert (answer.status_code, "There is no such approval" in answer.text) == (404, True)


async def test_a_card_says_who_must_still_agree_and_to_whom_it_was_handed(
    ada: httpx.AsyncClient, shop: Services
) -> None:
    two = approval(people=2, agreed=["lars@northwind.example"], assignee=ADA.email)
    await put(shop.database, customer(), two)
    shown = (await ada.get("/approvals/a_1")).text
    assert "lars@northwind.example; <b>2 people</b> must" in shown
    assert f"now <b>{ADA.email}</b>" in shown


async def test_a_card_says_why_now_and_what_else_it_could_have_been(
    ada: httpx.AsyncClient, shop: Services
) -> None:
    await put(shop.database, customer(), approval("a_1"), approval("a_2", grounds={}))
    shown = (await ada.get("/approvals/a_1")).text
    assert "It began with “Cart Abandoned”" in shown
    assert "chose <b>ten-percent</b> for “best-nudge”: it brought most to those like them." in shown
    assert '<span>reminder</span><span class="soft">38 % likely, expected reward 1.20</span>' in shown
    assert "closed: no consent to marketing by sms" in shown
    assert "Everyone who gets this far" in (await ada.get("/approvals/a_2")).text


async def test_only_what_was_seen_is_decided(ada: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), approval())
    form = {
        "form_token": form_token((await ada.get("/")).text),
        "decision": "approve",
        "seen": "what it was before",
    }
    answer = await ada.post("/approvals/a_1/decision", data=form)
    assert (answer.status_code, "It has changed since you looked" in answer.text) == (409, True)


async def test_a_card_can_be_handed_to_whoever_could_decide_it(ada: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), approval(assignee="lars@northwind.example"))
    shown = (await ada.get("/approvals/a_1")).text
    assert "This was handed to lars@northwind.example" in shown
    assert re.findall(r"<option>(.+?)</option>", shown) == ["marketing", "support", ADA.email]


async def test_an_open_approval_tells_whoever_has_it_open_that_it_was_withdrawn(
    ada: httpx.AsyncClient, shop: Services
) -> None:
    await put(shop.database, customer(), approval())
    assert 'hx-get="/approvals/a_1" hx-trigger="every 3s"' in (await ada.get("/approvals/a_1")).text
    async with shop.database.transaction() as session:
        await mark_decided(session, "a_1", state="withdrawn", reason="goal reached: Order Completed", at=NOW)
    refreshed = (await ada.get("/approvals/a_1", headers={"HX-Request": "true"})).text
    assert 'id="live"' in refreshed
    assert "goal reached: Order Completed" in refreshed
    assert 'hx-trigger="every 3s"' not in refreshed


async def test_the_inbox_of_a_person_is_theirs(ada: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), approval("a_mine"), approval("a_theirs", group="support"))
    assert "card-a_theirs" not in (await ada.get("/approvals")).text
    assert "card-a_theirs" in (await ada.get("/approvals?show=all")).text


async def test_runs_are_found_by_journey_state_and_customer(ada: httpx.AsyncClient, shop: Services) -> None:
    lena, noah = (
        run_ref(),
        run_ref().model_copy(update={"workflow_id": "browse-abandonment:c_noah:x", "customer_id": "c_noah"}),
    )
    done = run(noah, state="closed", outcome="goal", reason="goal reached: Order Completed")
    await put(shop.database, customer(), customer("c_noah"), run(lena), done)
    for query, found in (("customer=c_noah", "c_noah"), ("state=goal", "c_noah"), ("state=open", "c_lena")):
        rows = re.findall(r"<code>(\w+)</code>", (await ada.get(f"/runs?{query}")).text)
        assert rows == [found]
    assert "No run fits what you asked for" in (await ada.get("/runs?journey=another")).text


async def test_listings_are_paged(ada: httpx.AsyncClient, shop: Services) -> None:
    rows = [run(run_ref(f"p{n}", f"r{n}"), start_seq=n) for n in range(30)]
    sent = [delivery(f"d{n}", "reminder", "browse-reminder", "email", "sent", timedelta(n)) for n in range(30)]
    await put(shop.database, customer(), *rows, *sent)
    for path in ("/runs", "/deliveries"):
        first, second = (await ada.get(path)).text, (await ada.get(f"{path}?page=2")).text
        assert (first.count("<tr>"), second.count("<tr>")) == (1 + 25, 1 + 5)
        assert 'rel="next"' in first
        assert 'rel="next"' not in second


@pytest.mark.parametrize("path", ["/runs?page=0", "/deliveries?page=x", "/approvals?show=secret"])
async def test_a_wrong_address_is_a_page_that_says_so(ada: httpx.AsyncClient, path: str) -> None:
    answer = await ada.get(path)
    assert (answer.status_code, "This address is not right" in answer.text) == (400, True)


async def test_deliveries_are_filtered_by_state_and_say_why_they_failed(
    ada: httpx.AsyncClient, shop: Services
) -> None:
    bounced = delivery("d_1", "reminder", "browse-reminder", "email", "bounced", timedelta(hours=1))
    clicked = delivery("d_2", "related", "browse-related", "push", "clicked", timedelta(hours=2))
    bounced.code = "sendgrid.5.1.1"
    await put(shop.database, customer(), bounced, clicked)
    page = (await ada.get("/deliveries?state=bounced")).text
    assert '<td>browse-reminder<br><span class="soft">sendgrid.5.1.1</span></td>' in page
    assert "browse-related" not in page


async def test_the_first_page_tells_what_nothing_is_sent_over(ada: httpx.AsyncClient, shop: Services) -> None:
    pause = channel_pause(NOW - timedelta(minutes=5), code="sendgrid.401", reason="The grant is expired")
    await put(shop.database, pause)

    page = " ".join((await ada.get("/")).text.split())

    assert "Nothing is sent over email until the next message gets through" in page
    assert "as its settings or its account are wrong" in page
    assert "<code>sendgrid.401</code>: The grant is expired" in page


async def test_a_run_tells_its_story(ada: httpx.AsyncClient, shop: Services) -> None:
    ref, began = run_ref(), NOW - timedelta(hours=46)
    ended = run(ref, state="closed", outcome="completed", reason="every step was done", ended_at=NOW)
    await put(shop.database, customer(), ended, *trace(ref, began, closed=True))
    page = (await ada.get(f"/runs/{ref.workflow_id}")).text
    for part in (
        "Ended: completed",
        "Waited 30m",
        "Sent email &#39;browse-reminder&#39;",
        "Took a branch",
        "policy evaluate",
        "+4h 30m",
        "/namespaces/default/workflows/browse-abandonment%3Ac_lena%3Afjell-3",
    ):
        assert part in page


async def test_a_run_that_nobody_answers_for_is_told_from_the_store(
    ada: httpx.AsyncClient, shop: Services
) -> None:
    ref = run_ref()
    await put(shop.database, customer(), run(ref), *trace(ref, NOW - timedelta(hours=46)))
    page = (await ada.get(f"/runs/{ref.workflow_id}")).text
    assert "No worker answers at the moment" in page
    assert "Last step: Waited next day at 10:00" in page


async def test_an_earlier_run_with_the_same_id_has_its_own_page(ada: httpx.AsyncClient, shop: Services) -> None:
    before = run(run_ref(first_run_id="r1"), state="closed", outcome="goal", reason="bought the first time")
    now = run(run_ref(first_run_id="r2"), start_seq=2, state="closed", outcome="goal", reason="bought again")
    await put(shop.database, customer(), before, now)
    address = f"/runs/{before.workflow_id}"
    assert "bought again" in (await ada.get(address)).text
    assert "bought the first time" in (await ada.get(f"{address}?run=r1")).text


async def test_a_trace_has_an_address(ada: httpx.AsyncClient) -> None:
    answer = await ada.get("/runs/browse-abandonment:c_lena:fjell-3/trace")
    assert answer.headers["location"] == "/runs/browse-abandonment:c_lena:fjell-3#trace"


async def test_a_run_that_never_was_is_not_found(ada: httpx.AsyncClient) -> None:
    answer = await ada.get("/runs/a:b:c")
    assert (answer.status_code, "There is no such run" in answer.text) == (404, True)


async def test_the_overview_counts_what_there_is(ada: httpx.AsyncClient, shop: Services) -> None:
    goal = run(run_ref("p1", "r1"), state="closed", outcome="goal", start_seq=2)
    sent = [
        delivery(f"d{n}", "reminder", "browse-reminder", "email", "opened", timedelta(hours=n)) for n in range(3)
    ]
    await put(shop.database, customer(), approval(), run(run_ref()), goal, *sent)
    page = (await ada.get("/")).text
    assert re.search(r"<b>1</b><span>approval waits", page)
    assert re.search(r"<b>1</b><span>run is under way", page)
    assert "<b>3</b> opened" in page
