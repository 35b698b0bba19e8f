"""The sandbox's WhatsApp Cloud API refuses what Meta refuses."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sandbox.server import Sandbox

HELLO = {
    "messaging_product": "whatsapp",
    "to": "+49 170 1234567",
    "type": "template",
    "template": {"name": "hello", "language": {"code": "en_US"}},
}
TEXT = {"messaging_product": "whatsapp", "to": "491701234567", "type": "text", "text": {"body": "Hi"}}


def offer(*parameters: str, **changed: Any) -> dict[str, Any]:
    body = {"type": "body", "parameters": [{"type": "text", "text": p} for p in parameters]}
    template = {"name": "offer", "language": {"code": "de"}, "components": [body]} | changed
    return HELLO | {"template": template}


def without(key: str) -> dict[str, Any]:
    return {k: v for k, v in HELLO.items() if k != key}


@pytest.fixture
def send(sandbox: Sandbox, http: httpx.AsyncClient) -> Callable[..., Any]:
    environment = sandbox.environment()

    async def post(
        body: Any,
        number: str = environment["WHATSAPP_PHONE_NUMBER_ID"],
        token: str = environment["WHATSAPP_TOKEN"],
    ) -> httpx.Response:
        url = f"{environment['WHATSAPP_URL']}/{number}/messages"
        return await http.post(url, json=body, headers={"Authorization": f"Bearer {token}"})

    return post


async def test_a_good_message_is_kept(send: Callable[..., Any], sandbox: Sandbox) -> None:
    answer = (await send(offer("Ada", "10 %") | {"biz_opaque_callback_data": "d_1"})).json()

    [kept] = sandbox.mailbox.messages
    assert answer["messages"] == [{"id": kept.vendor_id, "message_status": "accepted"}]
    assert answer["contacts"] == [{"input": "+49 170 1234567", "wa_id": "491701234567"}]
    assert (kept.delivery_id, kept.content["shown"]) == ("d_1", "Hi Ada: *10 %* off")


BAD_MESSAGES: dict[str, tuple[Any, int]] = {
    "no product": (without("messaging_product"), 131008),
    "nobody to send to": (without("to"), 131008),
    "no template": (without("template"), 131008),
    "another product": (HELLO | {"messaging_product": "sms"}, 100),
    "no phone number": (HELLO | {"to": "ada"}, 100),
    "an unknown field": (HELLO | {"subject": "Hi"}, 100),
    "a language in words": (HELLO | {"template": {"name": "hello", "language": {"code": "English"}}}, 100),
    "too long a callback": (HELLO | {"biz_opaque_callback_data": "x" * 513}, 100),
    "text and template": (HELLO | {"text": {"body": "Hi"}}, 100),
    "a list": ([], 100),
    "an unknown template": (HELLO | {"template": {"name": "unheard_of", "language": {"code": "en"}}}, 132001),
    "parameters where there are none": (offer("x", name="hello"), 132000),
    "too few parameters": (offer("Ada"), 132000),
    "a line break in a parameter": (offer("Ada", "10\n%"), 132012),
    "too long a text": (offer("x" * 25, name="longest"), 132005),
    "free text to someone who has not written": (TEXT, 131047),
}


@pytest.mark.parametrize("fault", BAD_MESSAGES)
async def test_a_bad_message_is_refused_in_meta_s_shape(
    fault: str, send: Callable[..., Any], sandbox: Sandbox
) -> None:
    body, code = BAD_MESSAGES[fault]

    error = (await send(body)).json()["error"]

    assert error["code"] == code
    assert error.keys() == {"message", "type", "code", "error_data", "fbtrace_id", "is_transient"}
    assert sandbox.mailbox.messages == []


async def test_free_text_reaches_someone_who_has_just_written(send: Callable[..., Any], sandbox: Sandbox) -> None:
    sandbox.whatsapp.open_windows.add("491701234567")

    assert (await send(TEXT)).status_code == 200


async def test_a_wrong_token_is_refused(send: Callable[..., Any]) -> None:
    answer = await send(HELLO, token="wrong")

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 190)


async def test_a_foreign_number_is_refused(send: Callable[..., Any]) -> None:
    error = (await send(HELLO, number="1")).json()["error"]

    assert (error["code"], error["error_subcode"]) == (100, 33)
