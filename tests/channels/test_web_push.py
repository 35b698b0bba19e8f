"""Push to browsers: what only the browser can read, how the shop is known, and what each refusal means."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError

from activities.channels import web_push
from activities.channels.model import OutcomeUnknown, Provider, Refused, RetryLater
from activities.channels.web_push_crypto import encrypt_with, from_base64url, sender_key, to_base64url
from sandbox.server import Sandbox
from tests.channels.messages import rendered

MakeProvider = Callable[..., Provider]

REMEDIES = {
    **dict.fromkeys((400, 401, 403), "fix_configuration"),
    **dict.fromkeys((404, 410), "deactivate_address"),
    413: "fix_content",
}
RETRIED = (429, 500, 503)


@pytest.fixture
def provider(make_provider: MakeProvider) -> Provider:
    return make_provider("web_push")


@pytest.fixture
def browser(sandbox: Sandbox) -> str:
    return sandbox.web_push.subscribe("ada")


def endpoint(subscription: str) -> str:
    return json.loads(subscription)["endpoint"]


async def send(provider: Provider, recipient: str, delivery_id: str = "d_1") -> str:
    return await provider.send(provider.prepare(rendered("web_push"), recipient, delivery_id), delivery_id)


def test_the_example_of_rfc_8291_is_encrypted_as_it_says() -> None:
    body = encrypt_with(
        b"When I grow up, I want to be a watermelon",
        from_base64url(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", 65
        ),
        from_base64url("BTBZMqHH6r4Tts7J_aSIgg", 16),
        sender_key("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        from_base64url("DGv6ra1nlYgDCS1FRnbzlw", 16),
    )

    assert to_base64url(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_every_status_in_the_table_has_an_example_here() -> None:
    assert web_push._STATUSES.keys() == REMEDIES.keys() | set(RETRIED)


async def test_the_browser_reads_title_body_and_where_a_click_leads(
    provider: Provider, sandbox: Sandbox, browser: str
) -> None:
    await send(provider, browser)

    [received] = sandbox.mailbox.messages
    assert received.content["notification"] == {
        "title": "Still warm?",
        "body": "Two left in your size.",
        "url": "https://shop.example/keb",
        "delivery_id": "d_1",
    }


async def test_a_duplicate_would_replace_the_first_but_no_other_message(
    provider: Provider, sandbox: Sandbox, browser: str
) -> None:
    for delivery_id in ("d_1", "d_1", "d_2"):
        await send(provider, browser, delivery_id)

    first, again, other = (m.content["headers"]["topic"] for m in sandbox.mailbox.messages)
    assert first == again != other


async def test_the_service_is_told_how_long_to_keep_it(
    make_provider: MakeProvider, sandbox: Sandbox, browser: str
) -> None:
    await send(make_provider("web_push", keep_for="2h"), browser)

    assert sandbox.mailbox.messages[0].content["headers"]["ttl"] == "7200"


@pytest.mark.parametrize(("status", "remedy"), REMEDIES.items())
async def test_refused_for_good(
    status: int, remedy: str, provider: Provider, sandbox: Sandbox, browser: str
) -> None:
    sandbox.faults.add(recipient=endpoint(browser), answer=status)

    with pytest.raises(Refused) as refused:
        await send(provider, browser)

    assert (refused.value.code, refused.value.remedy) == (f"web_push.{status}", remedy)
    assert sandbox.mailbox.messages == []


@pytest.mark.parametrize("status", RETRIED)
async def test_tried_again_later(status: int, provider: Provider, sandbox: Sandbox, browser: str) -> None:
    sandbox.faults.add(recipient=endpoint(browser), answer=status)

    with pytest.raises(RetryLater) as later:
        await send(provider, browser)

    assert (later.value.code, later.value.after) == (f"web_push.{status}", timedelta(minutes=1))


async def test_the_wait_that_the_service_asks_for_is_kept(
    provider: Provider, sandbox: Sandbox, browser: str
) -> None:
    sandbox.faults.add(recipient=endpoint(browser), answer=429, retry_after=90)

    with pytest.raises(RetryLater) as later:
        await send(provider, browser)

    assert later.value.after == timedelta(seconds=90)


async def test_a_browser_that_never_subscribed_or_no_longer_is(provider: Provider, sandbox: Sandbox) -> None:
    gone = sandbox.web_push.subscribe("ada").replace("/web-push/ada", "/web-push/nobody")

    with pytest.raises(Refused) as refused:
        await send(provider, gone)

    assert (refused.value.code, refused.value.remedy) == ("web_push.410", "deactivate_address")


async def test_a_browser_may_ask_for_its_answer_by_its_name(provider: Provider, sandbox: Sandbox) -> None:
    with pytest.raises(Refused, match=r"^web_push\.404"):
        await send(provider, sandbox.web_push.subscribe("ada-404"))


async def test_a_status_that_no_standard_has_is_for_ops(
    provider: Provider, sandbox: Sandbox, browser: str
) -> None:
    sandbox.faults.add(recipient=endpoint(browser), answer=418)

    with pytest.raises(Refused, match=r"^web_push\.http_418") as refused:
        await send(provider, browser)

    assert refused.value.remedy == "fix_configuration"


async def test_a_gateway_in_between_leaves_the_outcome_unknown(
    provider: Provider, sandbox: Sandbox, browser: str
) -> None:
    sandbox.faults.add(recipient=endpoint(browser), answer=504)

    with pytest.raises(OutcomeUnknown, match=r"^web_push\.http_504"):
        await send(provider, browser)


async def test_the_keys_of_another_browser_cannot_be_used(provider: Provider, sandbox: Sandbox) -> None:
    ada, ben = json.loads(sandbox.web_push.subscribe("ada")), json.loads(sandbox.web_push.subscribe("ben"))

    with pytest.raises(Refused, match=r"^web_push\.400: the payload cannot be decrypted"):
        await send(provider, json.dumps(ada | {"keys": ben["keys"]}))


async def test_a_shop_with_another_key_is_not_let_in(
    make_provider: MakeProvider, sandbox: Sandbox, browser: str
) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(32, "big")
    provider = make_provider("web_push", private_key=to_base64url(stranger))

    with pytest.raises(Refused) as refused:
        await send(provider, browser)

    assert (refused.value.code, refused.value.remedy) == ("web_push.403", "fix_configuration")


async def test_the_largest_text_that_fits_arrives(provider: Provider, sandbox: Sandbox, browser: str) -> None:
    around = len(json.dumps({"title": "t", "body": "", "url": "", "delivery_id": "d_1"}, separators=(",", ":")))
    content = rendered("web_push", title="t", body="x" * (3993 - around), url="")

    await provider.send(provider.prepare(content, browser, "d_1"), "d_1")

    assert len(sandbox.mailbox.messages) == 1
    with pytest.raises(Refused) as refused:
        provider.prepare(content.model_copy(update={"fields": {**content.fields, "title": "tt"}}), browser, "d_1")
    assert (refused.value.code, refused.value.remedy) == ("web_push.too_large", "fix_content")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "/\\evil.example", "shop://x"]
)
def test_a_click_never_runs_a_script_or_leaves_by_surprise(url: str, provider: Provider, browser: str) -> None:
    with pytest.raises(Refused) as refused:
        provider.prepare(rendered("web_push", url=url), browser, "d_1")

    assert refused.value.remedy == "fix_content"


@pytest.mark.parametrize(
    "host",
    ["fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com", "db5p.notify.windows.com"],
)
def test_the_services_of_the_browsers_are_trusted(host: str, provider: Provider, browser: str) -> None:
    subscription = json.loads(browser) | {"endpoint": f"https://{host}/some/path"}

    assert provider.prepare(rendered("web_push"), json.dumps(subscription), "d_1").body["endpoint"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"private_key": "short"},
        {"private_key": "A" * 43},
        {"contact": "ops"},
        {"keep_for": "29d"},
        {"local_service": "http://intranet.example"},
    ],
)
def test_wrong_settings_are_refused_when_loaded(wrong: dict[str, str], make_provider: MakeProvider) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        make_provider("web_push", **wrong)
