"""What every provider promises, whoever the vendor is. A new provider is tested here without being named."""

import json
import re
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from activities.channels.model import OutcomeUnknown, OutgoingMessage, Provider, Refused, RetryLater
from project.model import load_project
from sandbox.server import Sandbox
from settings import Settings
from tests.channels.conftest import HERE, PROVIDERS, REMOTE
from tests.channels.messages import FIELDS, RECIPIENTS, rendered, seen_by_vendor

MakeProvider = Callable[..., Provider]
Arrivals = Callable[[], Awaitable[list[Any]]]

P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
HOSTILE_TEXT = [
    "x\r\nBcc: eve@evil.example",
    "x\nList-Unsubscribe: <https://evil.example>",
    "\r\n.\r\nMAIL FROM:<eve@evil.example>",
    "nul \x00 and \x1b[31m escape",
    "<script>alert(1)</script>",
    "{{7*7}} ${7*7}",
    "‮drawkcab ✨ 你好",
    "\ud800",
    "x" * 2000,
    " ",
    "",
]


def subscription(endpoint: str, p256dh: str = P256DH, auth: str = "BTBZMqHH6r4Tts7J_aSIgg") -> str:
    return json.dumps({"endpoint": endpoint, "keys": {"p256dh": p256dh, "auth": auth}})


HOSTILE_RECIPIENTS = {
    "email": [
        "ada@shoppers.example\r\nBcc: eve@evil.example",
        "ada@shoppers.example, eve@evil.example",
        "<ada@shoppers.example>",
        "Ada <ada@shoppers.example>",
        "ada@shoppers.example> SIZE=1",
        "ada",
        "ada@",
        "@shoppers.example",
        "a b@shoppers.example",
        "ädä@shoppers.example",
        "a" * 250 + "@shoppers.example",
        "",
    ],
    "push_token": ["", "with\nline", "käse", "x" * 5000],
    "phone": ["", "ada", "+49 170\n1", "0170123456", "+1", "+49170123456789012", "../100/messages"],
    "web_push": [
        "",
        "{}",
        "https://fcm.googleapis.com/fcm/send/ada",
        subscription("https://169.254.169.254/latest/meta-data"),
        subscription("http://fcm.googleapis.com/fcm/send/ada"),
        subscription("https://fcm.googleapis.com@evil.example/ada"),
        subscription("https://fcm.googleapis.com.evil.example/ada"),
        subscription("https://fcm.googleapis.com:8443/ada"),
        subscription("https://fcm.googleapis.com/a\r\nb"),
        subscription("https://[fcm.googleapis.com/ada"),
        subscription("https://fcm.googleapis.com/ada", p256dh="A" * 87),
        subscription("https://fcm.googleapis.com/ada", p256dh="not base64url!"),
        subscription("https://fcm.googleapis.com/ada", auth="c2hvcnQ"),
    ],
    "customer": [],
}


def secrets_in(value: object) -> Iterator[str]:
    """Every secret in the settings of a provider."""
    if isinstance(value, SecretStr):
        yield from filter(None, [value.get_secret_value()])
    if isinstance(value, BaseModel):
        for field in type(value).model_fields:
            yield from secrets_in(getattr(value, field))


@pytest.fixture
async def foreign(
    sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[dict[str, dict[str, Any]]]:
    """By provider, the settings of an installation that has accounts of its own with the same vendors."""
    async with Sandbox.start(state_dir=tmp_path_factory.mktemp("foreign")) as other:
        with monkeypatch.context() as environment:
            for name, value in other.environment().items():
                environment.setenv(name, value)
            channels = load_project(Settings(project_dir=HERE)).channels
        yield {section["provider"]: section for section in channels.values()}


def address(provider: Provider) -> str:
    """The usual recipient. The address of a browser says itself where its push service is."""
    service = getattr(provider, "local_service", "")
    return re.sub(r"http://127\.0\.0\.1:\d+", service, RECIPIENTS[provider.address_kind])


def seen(provider: Provider) -> str:
    """Whom the vendor knows the usual recipient as: our own people have a channel of their own."""
    return getattr(provider, "post_to", "") or seen_by_vendor(address(provider))


def message_for(provider: Provider) -> OutgoingMessage:
    return provider.prepare(rendered(provider.channel), address(provider), "d_1")


async def test_a_message_arrives_with_its_delivery_id(provider: Provider, arrived: Arrivals) -> None:
    provider_id = await provider.send(message_for(provider), "d_1")

    [received] = await arrived()
    assert received == (provider.channel, seen(provider), "d_1", provider_id)


async def test_many_messages_go_over_one_provider(provider: Provider, arrived: Arrivals) -> None:
    for number in range(30):
        message = provider.prepare(rendered(provider.channel), address(provider), f"d_{number}")
        await provider.send(message, f"d_{number}")

    assert [message.delivery_id for message in await arrived()] == [f"d_{n}" for n in range(30)]


def test_the_same_input_prepares_the_same_message(provider: Provider) -> None:
    assert message_for(provider).model_dump_json() == message_for(provider).model_dump_json()


def test_two_deliveries_of_the_same_content_differ(provider: Provider) -> None:
    other = provider.prepare(rendered(provider.channel), address(provider), "d_2")

    assert other != message_for(provider)


def test_preparing_changes_nothing_it_was_given(provider: Provider) -> None:
    content = rendered(provider.channel)
    before = content.model_dump_json()

    provider.prepare(content, address(provider), "d_1")

    assert content.model_dump_json() == before


async def test_a_message_that_was_stored_meanwhile_still_leaves(provider: Provider, arrived: Arrivals) -> None:
    stored = message_for(provider).model_dump_json()

    await provider.send(OutgoingMessage.model_validate_json(stored), "d_1")

    assert [message.delivery_id for message in await arrived()] == ["d_1"]


@pytest.mark.parametrize("accident", ["drop", "half"])
async def test_a_message_taken_without_a_whole_answer_has_an_unknown_outcome(
    accident: str, remote: Provider, sandbox: Sandbox
) -> None:
    sandbox.faults.add(recipient=seen(remote), answer=accident)

    with pytest.raises(OutcomeUnknown):
        await remote.send(message_for(remote), "d_1")

    assert len(sandbox.mailbox.messages) == 1


# A service of our own just says yes: there is no id in it that could be missing.
@pytest.mark.parametrize("name", [name for name in REMOTE if name != "webhook"])
async def test_a_message_taken_without_an_id_has_an_unknown_outcome(remote: Provider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=seen(remote), answer="garbled")

    with pytest.raises(OutcomeUnknown):
        await remote.send(message_for(remote), "d_1")

    assert len(sandbox.mailbox.messages) == 1


async def test_a_gateway_that_answers_instead_leaves_the_outcome_unknown(
    remote: Provider, sandbox: Sandbox
) -> None:
    sandbox.faults.add(recipient=seen(remote), answer="gateway")

    with pytest.raises(OutcomeUnknown):
        await remote.send(message_for(remote), "d_1")


async def test_no_answer_in_time_leaves_the_outcome_unknown(
    name: str, make_provider: MakeProvider, sandbox: Sandbox
) -> None:
    impatient = make_provider(name, timeout_seconds=0.4)
    sandbox.faults.add(recipient=seen(impatient), answer="slow")

    with pytest.raises(OutcomeUnknown):
        await impatient.send(message_for(impatient), "d_1")

    assert len(sandbox.mailbox.messages) == 1


@pytest.mark.parametrize("accident", ["drop_early", "slow_early"])
async def test_an_accident_before_the_mail_itself_is_tried_again_and_one_after_the_request_is_unknown(
    accident: str, name: str, make_provider: MakeProvider, sandbox: Sandbox
) -> None:
    """SMTP hears the recipient before the mail; over HTTP all is handed over at once."""
    impatient = make_provider(name, timeout_seconds=0.4)
    sandbox.faults.add(recipient=seen(impatient), answer=accident)

    with pytest.raises(RetryLater if impatient.provider == "smtp" else OutcomeUnknown):
        await impatient.send(message_for(impatient), "d_1")

    assert sandbox.mailbox.messages == []


async def test_a_provider_recovers_from_a_broken_connection(remote: Provider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=seen(remote), answer="drop_early")
    with pytest.raises((RetryLater, OutcomeUnknown)):
        await remote.send(message_for(remote), "d_1")

    await remote.send(message_for(remote), "d_1")

    assert len(sandbox.mailbox.messages) == 1


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port where connecting takes forever: its queue is full and nobody takes from it."""
    with ExitStack() as opened, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = opened.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def at_port(name: str, port: int) -> dict[str, Any]:
    """The settings that lead to a port of this machine."""
    setting = {"smtp": "port", "web_push": "local_service"}.get(name, "url")
    return {setting: port if name == "smtp" else f"http://127.0.0.1:{port}"}


async def test_a_refused_connection_is_tried_again(
    name: str, make_provider: MakeProvider, closed_port: int
) -> None:
    unreachable = make_provider(name, **at_port(name, closed_port))

    with pytest.raises(RetryLater, match=rf"^{name}\.unreachable"):
        await unreachable.send(message_for(unreachable), "d_1")


async def test_a_connection_that_is_never_made_is_tried_again(
    name: str, make_provider: MakeProvider, deaf_port: int
) -> None:
    unreachable = make_provider(name, timeout_seconds=0.6, **at_port(name, deaf_port))

    with pytest.raises(RetryLater, match=rf"^{name}\.unreachable"):
        await unreachable.send(message_for(unreachable), "d_1")


@pytest.mark.parametrize("name", REMOTE)
async def test_credentials_of_another_installation_are_for_ops_to_fix(
    name: str, make_provider: MakeProvider, sandbox: Sandbox, foreign: dict[str, dict[str, Any]]
) -> None:
    ours = make_provider(name)
    credentials = [field for field in type(ours).model_fields if list(secrets_in(getattr(ours, field)))]
    provider = make_provider(name, **{field: foreign[name][field] for field in credentials})

    with pytest.raises(Refused) as refused:
        await provider.send(message_for(ours), "d_1")

    assert refused.value.ours
    assert sandbox.mailbox.messages == []


def test_secrets_do_not_show(provider: Provider) -> None:
    shown = repr(provider)

    assert [secret for secret in secrets_in(provider) if secret in shown] == []


@pytest.mark.parametrize("kind", HOSTILE_RECIPIENTS)
def test_what_is_no_address_is_refused_and_deactivated(kind: str, provider: Provider) -> None:
    for recipient in HOSTILE_RECIPIENTS[kind] if kind == provider.address_kind else ():
        with pytest.raises(Refused) as refused:
            provider.prepare(rendered(provider.channel), recipient, "d_1")

        assert refused.value.remedy == "deactivate_address", recipient


def with_text_in(field: str, text: str, provider: Provider) -> OutgoingMessage:
    usual = FIELDS[provider.channel][field]
    hostile = [text, text] if isinstance(usual, list) else {"url": text} if isinstance(usual, dict) else text
    return provider.prepare(rendered(provider.channel, **{field: hostile}), address(provider), "d_1")


@pytest.mark.parametrize("text", HOSTILE_TEXT)
async def test_hostile_text_is_refused_or_arrives_as_one_message_to_one_recipient(
    text: str, provider: Provider, arrived: Arrivals
) -> None:
    """In each field that a customer's data can be in; what the vendor would not take must not reach it."""
    taken, refusals = list[OutgoingMessage](), list[Refused]()
    for field in FIELDS[provider.channel].keys() - {"template", "language"}:
        try:
            taken.append(with_text_in(field, text, provider))
        except Refused as refused:
            refusals.append(refused)

    for number, message in enumerate(taken):
        await provider.send(message, f"d_{number}")

    assert {refused.remedy for refused in refusals} <= {"fix_content"}
    assert [m.recipient for m in await arrived()] == [seen(provider)] * len(taken)


# A service of our own takes whatever it is sent.
@pytest.mark.parametrize("provider", [known for known in PROVIDERS if known[0] != "webhook"], indirect=True)
def test_content_of_another_channel_is_refused(provider: Provider) -> None:
    other = rendered("whatsapp" if provider.channel != "whatsapp" else "email")

    with pytest.raises(Refused) as refused:
        provider.prepare(other, address(provider), "d_1")

    assert refused.value.remedy == "fix_content"
