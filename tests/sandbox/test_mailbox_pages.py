"""The mailbox's pages show what was accepted, and nothing that was accepted can run there."""

import httpx
import pytest

from sandbox.server import Sandbox

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def messages(sandbox: Sandbox) -> None:
    """One message on each channel, with markup wherever a sender can put some."""
    mail = {"headers": {"From": HOSTILE}, "text": HOSTILE, "html": f"{HOSTILE}<p>Hi</p>", "source": HOSTILE}
    sandbox.mailbox.add("email", "ada@shoppers.example", "d_1", "<1@shop>", HOSTILE, mail)
    push = {"notification": {"title": HOSTILE, "body": HOSTILE}}
    sandbox.mailbox.add("push", "token-of-ada", "d_2", "projects/p/messages/1", HOSTILE, push)
    chat = {"request": {}, "shown": f"{HOSTILE} now *10 %* off, 2*3*4"}
    sandbox.mailbox.add("whatsapp", "+4917012345678", "d_3", "wamid.1", "offer", chat)


@pytest.mark.usefixtures("messages")
@pytest.mark.parametrize("page", ["/mailbox", "/mailbox/1", "/mailbox/2", "/mailbox/3"])
async def test_a_page_shows_markup_as_text(page: str, http: httpx.AsyncClient) -> None:
    answer = await http.get(page)

    assert answer.status_code == 200
    assert HOSTILE not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.usefixtures("messages")
async def test_a_mail_is_shown_in_a_frame_that_runs_nothing(http: httpx.AsyncClient) -> None:
    page = (await http.get("/mailbox/1")).text

    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "&lt;p&gt;Hi&lt;/p&gt;" in page


@pytest.mark.usefixtures("messages")
async def test_whatsapp_s_marks_are_shown_as_the_phone_shows_them(http: httpx.AsyncClient) -> None:
    page = (await http.get("/mailbox/3")).text

    assert "now <b>10 %</b> off, 2*3*4" in page


@pytest.mark.usefixtures("messages")
async def test_everything_is_there_as_json_in_its_order(http: httpx.AsyncClient) -> None:
    listed = (await http.get("/mailbox.json")).json()["messages"]

    assert [(m["number"], m["channel"], m["delivery_id"]) for m in listed] == [
        (1, "email", "d_1"),
        (2, "push", "d_2"),
        (3, "whatsapp", "d_3"),
    ]


@pytest.mark.usefixtures("messages")
async def test_the_page_can_ask_how_many_there_are(http: httpx.AsyncClient) -> None:
    assert (await http.get("/mailbox/count")).json() == {"count": 3}


@pytest.mark.parametrize("number", [0, 1])
async def test_a_message_that_is_not_there_is_not_found(number: int, http: httpx.AsyncClient) -> None:
    page = await http.get(f"/mailbox/{number}")
    assert (page.status_code, f"There is no message {number}." in page.text) == (404, True)


async def test_an_empty_mailbox_says_so(http: httpx.AsyncClient) -> None:
    assert "Nothing yet" in (await http.get("/mailbox")).text
