"""The mail as a strict receiver and a mail program see it."""

import re
from collections.abc import Callable
from email import message_from_string
from email.message import EmailMessage
from email.policy import default

import pytest

from activities.channels.model import Provider, Refused
from sandbox.server import Sandbox
from tests.channels.messages import rendered

MakeProvider = Callable[..., Provider]
SendMail = Callable[..., object]

LONG_URL = "https://shop.example/u/" + "t0k3n" * 60


@pytest.fixture
def provider(make_provider: MakeProvider) -> Provider:
    return make_provider("smtp")


@pytest.fixture
def source(provider: Provider, sandbox: Sandbox) -> SendMail:
    """Sends a mail with some fields changed and gives what arrived, byte for byte."""

    async def send(unsubscribe_url: str = LONG_URL, marketing: bool = True, **changed: str) -> str:
        content = rendered("email", marketing=marketing, **changed)
        content = content.model_copy(update={"unsubscribe_url": unsubscribe_url})
        await provider.send(provider.prepare(content, "ada@shoppers.example", "d_1"), "d_1")
        return sandbox.mailbox.messages[-1].content["source"]

    return send


def parsed(source: str) -> EmailMessage:
    return message_from_string(source, policy=default)


async def test_text_comes_first_and_html_as_the_better_alternative(source: Callable) -> None:
    mail = parsed(await source())

    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert "129,90 €" in mail.get_body(("plain",)).get_content()
    assert "<b>129,90 €</b>" in mail.get_body(("html",)).get_content()
    assert mail.defects == []


async def test_a_mail_may_be_text_alone(source: Callable) -> None:
    assert parsed(await source(html="")).get_content_type() == "text/plain"


async def test_a_long_unsubscribe_link_stays_one_plain_line(source: Callable) -> None:
    lines = (await source()).split("\r\n")

    assert f"List-Unsubscribe: <{LONG_URL}>" in lines
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines


async def test_a_transactional_mail_says_that_a_machine_wrote_it_and_has_no_unsubscribe(source: Callable) -> None:
    mail = parsed(await source(marketing=False))

    assert mail["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in mail


@pytest.mark.parametrize(
    "url", ["", "javascript:alert(1)", "https://a.example/ü", "https://a.example/>, <mailto:x@y"]
)
def test_marketing_without_a_plain_unsubscribe_link_is_refused(url: str, provider: Provider) -> None:
    content = rendered("email").model_copy(update={"unsubscribe_url": url})

    with pytest.raises(Refused) as refused:
        provider.prepare(content, "ada@shoppers.example", "d_1")

    assert refused.value.remedy == "fix_content"


SUBJECTS = [
    "Plain",
    "Schöne Grüße aus Hamburg, und noch viel mehr Umlaute: äöüß äöüß äöüß äöüß äöüß äöüß äöüß",
    "你好" * 60,
    "a" * 300,
    "=?utf-8?q?not_encoded?=x",
    '✨ it\'s "here" <now>, at 10:00; really: yes',
]


@pytest.mark.parametrize("subject", [s for s in SUBJECTS if not s.startswith("=?")])
async def test_a_subject_reads_as_it_was_written(subject: str, source: Callable) -> None:
    assert parsed(await source(subject=subject))["Subject"] == subject


@pytest.mark.parametrize("subject", SUBJECTS)
async def test_encoded_words_are_short_enough_for_every_reader(subject: str, source: Callable) -> None:
    words = re.findall(r"=\?[^?\s]+\?[bq]\?[^?\s]*\?=", await source(subject=subject))

    assert all(len(word) <= 75 for word in words)


async def test_long_lines_are_encoded_in_short_ones(source: Callable) -> None:
    text = "ä" * 5000 + " end"
    mail = await source(text=text, html=f"<p>{text}</p>")

    assert max(len(line) for line in mail.partition("\r\n\r\n")[2].split("\r\n")) <= 76
    assert parsed(mail).get_body(("plain",)).get_content().strip() == text


async def test_lines_that_begin_with_a_dot_arrive_whole(source: Callable) -> None:
    text = ".hidden\n..two\n.\nlast\n"

    assert parsed(await source(text=text)).get_body(("plain",)).get_content().replace("\r\n", "\n") == text


async def test_every_attempt_has_the_same_message_id(source: Callable) -> None:
    first, second = parsed(await source()), parsed(await source())

    assert first["Message-ID"] == second["Message-ID"] == "<d_1@mail.northwind.example>"
    assert first["X-Sojourn-Delivery"] == "d_1"


async def test_the_mail_is_dated_when_it_leaves_and_otherwise_always_the_same(source: Callable) -> None:
    first, second = [re.sub(r"Date: [^\r]+", "Date:", await source()) for _ in range(2)]

    assert first == second
