"""The sandbox's Twilio refuses what Twilio refuses."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from sandbox.server import Sandbox

Send = Callable[..., Awaitable[httpx.Response]]

HELLO = {"To": "+4917012345678", "From": "+15005550006", "Body": "Hi"}


@pytest.fixture
def send(sandbox: Sandbox, http: httpx.AsyncClient) -> Send:
    environment = sandbox.environment()

    async def post(
        form: dict[str, str],
        account: str = environment["TWILIO_ACCOUNT_SID"],
        token: str = environment["TWILIO_AUTH_TOKEN"],
    ) -> httpx.Response:
        auth = (environment["TWILIO_ACCOUNT_SID"], token)
        return await http.post(f"/2010-04-01/Accounts/{account}/Messages.json", data=form, auth=auth)

    return post


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in HELLO.items() if key != name}


async def test_a_good_message_is_kept(send: Send, sandbox: Sandbox) -> None:
    answer = await send(HELLO | {"StatusCallback": "https://shop.example/twilio?delivery_id=d_1"})

    [kept] = sandbox.mailbox.messages
    assert (answer.status_code, answer.json()["sid"], answer.json()["status"]) == (201, kept.vendor_id, "queued")
    assert (kept.channel, kept.recipient, kept.delivery_id) == ("sms", "+4917012345678", "d_1")


BAD_MESSAGES = {
    "nobody to send to": (without("To"), 21211),
    "no number in E.164": (HELLO | {"To": "0170 12345678"}, 21211),
    "no sender": (without("From"), 21603),
    "another's sender": (HELLO | {"From": "+15005550007"}, 21606),
    "no messaging service": (without("From") | {"MessagingServiceSid": "XX"}, 21606),
    "no text": (without("Body"), 21602),
    "a blank text": (HELLO | {"Body": "  "}, 21602),
    "too much text": (HELLO | {"Body": "x" * 1601}, 21617),
    "no URL to report to": (HELLO | {"StatusCallback": "shop.example"}, 21609),
    "an unknown field": (HELLO | {"Subject": "Hi"}, 20404),
}


@pytest.mark.parametrize(("form", "code"), BAD_MESSAGES.values(), ids=BAD_MESSAGES)
async def test_a_bad_message_is_refused_in_twilios_words(
    form: dict[str, str], code: int, send: Send, sandbox: Sandbox
) -> None:
    answer = await send(form)

    body = answer.json()
    assert (body["code"], body["status"]) == (code, answer.status_code)
    assert body["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert sandbox.mailbox.messages == []


async def test_a_wrong_token_and_another_account_are_refused(send: Send) -> None:
    assert (await send(HELLO, token="wrong")).json()["code"] == 20003
    assert (await send(HELLO, account="AC" + "0" * 32)).json()["code"] == 20404


@pytest.mark.parametrize(
    ("text", "segments"),
    [("x" * 160, "1"), ("x" * 161, "2"), ("x" * 307, "3"), ("ñ" * 160, "1"), ("✨" * 70, "1"), ("✨" * 71, "2")],
)
async def test_segments_are_counted_as_a_bill_would(text: str, segments: str, send: Send) -> None:
    assert (await send(HELLO | {"Body": text})).json()["num_segments"] == segments


async def test_the_page_shows_the_text_as_it_is(send: Send, http: httpx.AsyncClient) -> None:
    await send(HELLO | {"Body": "<b>Hi</b> *Ada*"})

    assert "&lt;b&gt;Hi&lt;/b&gt; *Ada*" in (await http.get("/mailbox/1")).text
