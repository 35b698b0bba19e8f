"""Approvals of one kind beside each other, and decided with one form."""

import re
from typing import Any

import httpx

from starter.console.differing import compare
from starter.services import Services
from store.tables import Approval
from tests.seeding import ADA, MESSAGES, approval, customer, put


def refund(order: str, amount: float, currency: str = "EUR") -> Approval:
    given = {"order": order, "amount": amount, "currency": currency}
    action: dict[str, Any] = {"tool": "refund", "given": given}
    return approval(f"a_{order}", similar="refund", channel="action", discount=None, amount=amount, message=action)


def mail(approval_id: str, html: str) -> Approval:
    body = MESSAGES["email"] | {"html": html}
    return approval(approval_id, channel="email", similar="mail", message={"body": body})


def form_of(page: str) -> dict[str, Any]:
    token = re.search(r'name="form_token" value="([0-9a-f]{64})"', page)
    assert token
    return {"form_token": token.group(1), "choice": re.findall(r'name="choice" value="([^"]+)"', page)}


def test_only_the_lines_that_not_all_have_are_shown() -> None:
    alike = compare([refund("o-1", 20.5), refund("o-2", 30)])
    assert [lines for _, lines in alike.rows] == [["Order: o-1", "Amount: 20.50"], ["Order: o-2", "Amount: 30"]]


def test_amounts_are_summed_by_currency() -> None:
    alike = compare([refund("o-1", 20.5), refund("o-2", 30), refund("o-3", 7, "CHF")])
    assert alike.totals == {"EUR": 50.5, "CHF": 7}


def test_a_mail_differs_in_what_it_shows_and_links_to_but_not_in_the_tokens_of_its_links() -> None:
    def page(name: str, product: str, token: str) -> str:
        links = (
            f"<a href='https://shop.example/p/{product}'>Look</a><a href='https://shop.example/u/{token}'>End</a>"
        )
        return f"<head><style>p {{}}</style></head><p>Hello {name}</p>{links}"

    alike = compare([mail("a_1", page("Lena", "tent", "A" * 40)), mail("a_2", page("Noah", "stove", "B" * 40))])
    assert [lines for _, lines in alike.rows] == [
        ["Hello Lena", "https://shop.example/p/tent"],
        ["Hello Noah", "https://shop.example/p/stove"],
    ]


async def test_what_is_of_another_kind_or_not_yours_is_left_out(ada: httpx.AsyncClient, shop: Services) -> None:
    others = [approval("a_x", similar="x"), refund("o-3", 9)]
    others[1].author = ADA.email
    await put(shop.database, customer(), refund("o-1", 20.5), refund("o-2", 30), *others)
    page = (await ada.get("/approvals/together?id=a_o-1&id=a_o-2&id=a_x&id=a_o-3")).text
    assert [choice.split()[0] for choice in form_of(page)["choice"]] == ["a_o-1", "a_o-2"]
    assert "2 that you chose are not among them" in page
    assert "<b>50.50 EUR</b>" in page


async def test_all_alike_are_shown_by_one_of_them(ada: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), refund("o-1", 20.5), refund("o-2", 30), approval("a_x", similar="x"))
    assert "/approvals/together?like=a_o-1" in (await ada.get("/approvals")).text
    assert len(form_of((await ada.get("/approvals/together?like=a_o-1")).text)["choice"]) == 2


async def test_what_is_decided_for_itself_is_not_decided_together(ada: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), approval("a_1"), approval("a_2"))
    for query in ("id=a_1&id=a_2", "like=a_1"):
        answer = await ada.get(f"/approvals/together?{query}")
        assert (answer.status_code, "nothing to decide together" in answer.text) == (409, True)


async def test_each_is_decided_as_it_was_seen_and_told_by_itself(ada: httpx.AsyncClient, shop: Services) -> None:
    settled = refund("o-2", 30)
    settled.state, settled.decided_by = "approved", "lars"
    await put(shop.database, customer(), refund("o-1", 20.5), settled, refund("o-3", 9))
    form = form_of((await ada.get("/approvals/together?like=a_o-3")).text)
    form |= {"decision": "approve", "choice": ["a_o-1 another-hash", "a_o-2 hash", "a_none hash"]}
    page = (await ada.post("/approvals/together/decision", data=form)).text
    for words in ("0 of 3 decided", "It has changed since you looked", "lars has already", "There is no such"):
        assert words in page


async def test_when_no_run_answers_the_rest_is_not_tried(ada: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), refund("o-1", 20.5), refund("o-2", 30))
    form = form_of((await ada.get("/approvals/together?like=a_o-1")).text)
    page = (await ada.post("/approvals/together/decision", data=form | {"decision": "approve"})).text
    assert "0 of 2 decided" in page
    assert page.count("Decide again in a minute") == 2


async def test_a_forged_form_decides_nothing_together(ada: httpx.AsyncClient) -> None:
    answer = await ada.post("/approvals/together/decision", data={"form_token": "0" * 64, "choice": "a_1 hash"})
    assert (answer.status_code, "Nothing was decided" in answer.text) == (403, True)
