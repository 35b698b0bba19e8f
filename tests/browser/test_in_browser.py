"""The console in a real browser: what a person sees, clicks and types."""

import re
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from playwright.async_api import Page, expect

from starter.services import Services
from store.approvals import find_approval
from tests.browser.conftest import IN_THE_BROWSER, Visit
from tests.living import LivingShop
from tests.seeding import NOW, approval, customer, put, run, run_ref, trace
from tests.waiting import asks

pytestmark = IN_THE_BROWSER

CARDS = "article.card.open"


async def _five_seconds_later(page: Page) -> None:
    """When what was decided can no longer be undone."""
    await page.clock.fast_forward(5_000)


async def _state(services: Services, approval_id: str) -> str:
    async with services.database.reading() as session:
        row = await find_approval(session, approval_id)
    assert row is not None
    return row.state


async def test_a_demonstration_says_so_and_lets_anyone_in(visit: Visit, demo: Services) -> None:
    page = await visit(demo, "/sign-in", person="Omar")
    await expect(page.get_by_role("banner")).to_contain_text("Omar (support)")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_text("This is a demonstration")).to_be_visible()


async def test_a_token_signs_in_and_leads_to_where_one_wanted(visit: Visit, demo: Services) -> None:
    page = await visit(demo, "/")
    await page.get_by_role("button", name="Sign out").click()
    await page.goto(page.url.replace("/sign-in", "/deliveries"))
    await page.get_by_label("Your token").fill("token-ada")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Deliveries")).to_be_visible()


async def test_a_mail_is_seen_as_its_recipient_sees_it(visit: Visit, demo: Services) -> None:
    await put(demo.database, customer(), approval(channel="email"))
    page = await visit(demo, "/approvals")
    mail = page.frame_locator("iframe")
    await expect(mail.get_by_role("heading", name="Still thinking about the Fjell tent?")).to_be_visible()
    button = mail.get_by_role("link", name="Look at it again")
    assert await button.evaluate("link => getComputedStyle(link).backgroundColor") == "rgb(31, 90, 75)"


async def test_a_click_approves_and_the_message_leaves(visit: Visit, living: LivingShop) -> None:
    run_of_lena = await living.start()
    page = await visit(living.services, "/approvals")
    await page.get_by_role("button", name="Approve").click()
    await _five_seconds_later(page)

    await expect(page.get_by_text("The run sends exactly this")).to_be_visible()
    assert (await run_of_lena.result()).outcome == "completed"
    assert [mail.recipient for mail in living.mailbox.messages] == ["lena.koch@example.com"]
    await expect(page.get_by_text("Nothing waits for you.")).to_be_visible()


async def test_a_decision_can_be_undone_for_five_seconds(visit: Visit, demo: Services) -> None:
    await put(demo.database, customer(), approval())
    page = await visit(demo, "/approvals")
    sent = list[str]()
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    await page.keyboard.press("j")
    await page.keyboard.press("a")
    await expect(page.locator("#dock")).to_contain_text("5 Approving offer to +49 ••• 42")
    await page.clock.fast_forward(4_000)
    await expect(page.locator("#dock")).to_contain_text("1 Approving")
    await page.keyboard.press("u")
    await page.clock.fast_forward(60_000)

    await expect(page.locator("#said")).to_have_text("Undone. Nothing was sent.")
    await expect(page.get_by_role("button", name="Approve", exact=True)).to_be_enabled()
    assert sent == []


async def test_enter_in_the_number_of_others_approves_them_too(visit: Visit, demo: Services) -> None:
    await put(demo.database, customer(), approval(similar="alike"))
    page = await visit(demo, "/approvals")
    await page.route("**/decision", lambda route: route.abort())
    await page.get_by_text("Approve others like it, too").click()
    await page.get_by_label("others within").fill("2")
    await page.get_by_label("At most").fill("3")
    await page.keyboard.press("Enter")
    async with page.expect_request("**/approvals/a_1/decision") as sent:
        await _five_seconds_later(page)

    fields = parse_qs((await sent.value).post_data or "")
    assert (fields["decision"], fields["most"], fields["days"]) == (["similar"], ["3"], ["2"])
    await expect(page.locator("#dock")).to_contain_text("The server was not reached")
    await expect(page.get_by_role("button", name="Approve", exact=True)).to_be_enabled()


async def test_a_question_appears_by_itself(visit: Visit, living: LivingShop) -> None:
    page = await visit(living.services, "/approvals")
    await expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
    await living.start()
    await expect(page.get_by_role("heading", name="A message by email")).to_be_visible()


async def test_keys_choose_and_approve(visit: Visit, living: LivingShop) -> None:
    await asks(await living.start("c_lena"))
    noah = await living.start("c_noah")
    second = await asks(noah)
    page = await visit(living.services, "/approvals")
    await expect(page.locator(CARDS)).to_have_count(2)

    for key in "jja":
        await page.keyboard.press(key)
    await _five_seconds_later(page)

    await expect(page.locator("#said")).to_have_text("Approved. The run goes on.")
    await expect(page.locator(CARDS)).to_have_count(1)
    assert (await noah.result()).outcome == "completed"
    assert await _state(living.services, second) == "approved"


async def test_two_alike_are_chosen_by_key_and_approved_together(visit: Visit, living: LivingShop) -> None:
    lena, noah = await living.start("c_lena"), await living.start("c_noah")
    await asks(lena)
    await asks(noah)
    page = await visit(living.services, "/approvals")
    await expect(page.get_by_role("link", name="2 alike")).to_have_count(2)
    for key in "jxjx":
        await page.keyboard.press(key)
    await page.get_by_role("button", name="Decide the chosen together").click()
    await page.get_by_role("button", name="Approve all 2").click()
    await _five_seconds_later(page)

    await expect(page.get_by_role("heading", name="2 of 2 decided")).to_be_visible()
    assert [(await run.result()).outcome for run in (lena, noah)] == ["completed", "completed"]


async def test_keys_reject_with_a_reason_and_whoever_leaves_the_page_meant_it(
    visit: Visit, living: LivingShop
) -> None:
    lena = await living.start()
    approval_id = await asks(lena)
    page = await visit(living.services, "/approvals")

    await page.keyboard.press("r")
    await page.keyboard.type("a tent in November?")
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="Overview").click()

    await lena.result()
    assert living.mailbox.messages == []
    assert await _state(living.services, approval_id) == "rejected"


async def test_a_rejection_without_a_reason_is_asked_for_one(visit: Visit, demo: Services) -> None:
    await put(demo.database, customer(), approval())
    page = await visit(demo, "/approvals")
    await page.get_by_role("button", name="Reject").click()
    await expect(page.get_by_role("alert")).to_contain_text("Say why you reject it")
    await expect(page.get_by_role("button", name="Approve")).to_be_enabled()
    assert await _state(demo, "a_1") == "open"


async def test_what_one_types_survives_the_refresh_of_the_page_and_is_what_is_sent(
    visit: Visit, demo: Services
) -> None:
    await put(demo.database, customer(), approval(channel="email"))
    page = await visit(demo, "/approvals")
    await page.route("**/decision", lambda route: route.abort())
    await page.get_by_label("Reason").fill("half a thought")
    await page.keyboard.press("Escape")
    await page.keyboard.press("e")
    await page.get_by_label("subject").fill("Still thinking?")
    async with page.expect_response(re.compile("/approvals$")) as refreshed:
        pass
    await (await refreshed.value).finished()
    await put(demo.database, approval("a_2", deadline=NOW + timedelta(hours=99)))
    await expect(page.locator(CARDS)).to_have_count(2)
    await expect(page.get_by_label("Reason").first).to_have_value("half a thought")
    await page.get_by_role("button", name="Approve with these changes").first.click()
    async with page.expect_request("**/approvals/a_1/decision") as sent:
        await _five_seconds_later(page)

    fields = parse_qs((await sent.value).post_data or "")
    assert (fields["decision"], fields["seen"], fields["edit.subject"]) == (
        ["edit"],
        ["hash"],
        ["Still thinking?"],
    )


async def test_someone_was_faster(visit: Visit, demo: Services) -> None:
    await put(demo.database, customer(), approval())
    page = await visit(demo, "/approvals/a_1")
    async with demo.database.transaction() as session:
        row = await find_approval(session, "a_1")
        assert row is not None
        row.state, row.decided_by, row.decided_at = "rejected", "lars@northwind.example", NOW
        session.add(row)
    await page.get_by_role("button", name="Approve").click()
    await _five_seconds_later(page)
    # By the answer, or by the refreshed card when that comes first.
    told = re.compile("lars@northwind.example has already rejected this|Rejected by lars@northwind.example")
    await expect(page.get_by_role("main")).to_contain_text(told)
    await expect(page.get_by_role("button", name="Approve")).to_have_count(0)


async def test_the_author_sees_why_they_may_not_decide(visit: Visit, demo: Services) -> None:
    await put(demo.database, customer(), approval())
    page = await visit(demo, "/approvals", person="Maria")
    await expect(page.get_by_text("nobody approves what they wrote")).to_be_visible()
    await expect(page.get_by_role("button", name="Approve")).to_have_count(0)


async def test_another_group_sees_who_decides(visit: Visit, demo: Services) -> None:
    await put(demo.database, customer(), approval())
    page = await visit(demo, "/approvals?show=all", person="Omar")
    await expect(page.get_by_text("Only people of the group 'marketing' decide this")).to_be_visible()


async def test_a_forged_form_decides_nothing(visit: Visit, demo: Services) -> None:
    await put(demo.database, customer(), approval())
    page = await visit(demo, "/approvals/a_1")
    await page.eval_on_selector(".decision input[name=form_token]", "field => { field.value = 'forged' }")
    async with page.expect_response(re.compile("/decision$")) as answer:
        await page.get_by_role("button", name="Approve").click()
        await _five_seconds_later(page)
    assert (await answer.value).status == 403
    assert await _state(demo, "a_1") == "open"


async def test_the_question_mark_shows_the_keys(visit: Visit, demo: Services) -> None:
    page = await visit(demo, "/approvals")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


@pytest.mark.parametrize(
    "path", ["/", "/approvals", "/runs", "/deliveries", "/runs/browse-abandonment:c_lena:fjell-3"]
)
async def test_no_page_scrolls_sideways_on_a_phone(visit: Visit, demo: Services, path: str) -> None:
    ref = run_ref()
    rows = [approval("a_1", channel="email"), approval("a_2"), approval("a_3", channel="push")]
    await put(demo.database, customer(), run(ref), *trace(ref, NOW - timedelta(hours=46)), *rows)
    page = await visit(demo, path, width=390)
    await expect(page.get_by_role("banner")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_a_phone_shows_which_page_is_open(visit: Visit, demo: Services) -> None:
    page = await visit(demo, "/deliveries", width=390)
    await expect(page.get_by_role("link", name="Deliveries", exact=True)).to_be_in_viewport(ratio=0.9)


async def test_a_run_says_what_it_asks_and_then_how_it_ended(visit: Visit, living: LivingShop) -> None:
    lena = await living.start()
    await asks(lena)
    page = await visit(living.services, f"/runs/{lena.id}")
    await expect(page.get_by_role("heading", name="Asks marketing whether 'note' may leave")).to_be_visible()

    await page.get_by_role("link", name="note", exact=True).click()
    await page.get_by_role("button", name="Approve").click()
    await _five_seconds_later(page)
    await expect(page.get_by_text("The run sends exactly this")).to_be_visible()
    await lena.result()

    await page.get_by_role("link", name="hello", exact=True).click()
    await expect(page.get_by_role("heading", name="Ended: completed")).to_be_visible()
    await expect(page.locator("#trace")).to_contain_text("send email")


async def test_a_span_opens_and_stays_open(visit: Visit, demo: Services) -> None:
    ref = run_ref()
    await put(demo.database, customer(), run(ref), *trace(ref, NOW - timedelta(hours=46)))
    page = await visit(demo, f"/runs/{ref.workflow_id}")
    await page.locator("summary", has_text="send email").click()
    async with page.expect_response(re.compile("/runs/")) as refreshed:
        pass
    await (await refreshed.value).finished()
    await expect(page.locator("details[open]")).to_contain_text("journey.step.id")


async def test_when_the_session_ends_the_page_leads_to_the_door(visit: Visit, demo: Services) -> None:
    page = await visit(demo, "/approvals")
    await page.context.clear_cookies()
    await expect(page.get_by_label("Your token")).to_be_visible()
