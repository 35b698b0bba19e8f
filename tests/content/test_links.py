import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.links import InvalidLink, LinkSigner, check_url, sign_url

SIGNER = LinkSigner("a secret of at least thirty-two characters")
TOKEN = SIGNER.unsubscribe_token("c_7f3a", "email")


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["email", "push", "whatsapp"]))
def test_a_token_names_the_customer_and_the_channel_it_was_made_for(customer_id: str, channel: str):
    token = SIGNER.unsubscribe_token(customer_id, channel)

    assert SIGNER.read_unsubscribe(token) == (customer_id, channel)


@given(st.integers(0, len(TOKEN) - 1), st.characters(max_codepoint=255))
def test_a_token_with_any_character_changed_is_refused(place: int, sign: str):
    forged = TOKEN[:place] + sign + TOKEN[place + 1 :]

    if forged != TOKEN:
        with pytest.raises(InvalidLink):
            SIGNER.read_unsubscribe(forged)


def test_a_token_with_any_single_bit_of_its_bytes_changed_is_refused():
    data = base64.urlsafe_b64decode(TOKEN + "=" * (-len(TOKEN) % 4))
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(InvalidLink):
            SIGNER.read_unsubscribe(base64.urlsafe_b64encode(changed).decode().rstrip("="))


@given(st.text(max_size=60))
def test_no_text_that_was_not_made_here_is_a_token(text: str):
    with pytest.raises(InvalidLink):
        SIGNER.read_unsubscribe(text)


def test_a_token_of_another_installation_is_refused():
    foreign = LinkSigner("another secret of more than thirty-two characters")

    with pytest.raises(InvalidLink):
        SIGNER.read_unsubscribe(foreign.unsubscribe_token("c_7f3a", "email"))


def test_the_same_token_cannot_be_written_in_a_second_way():
    with pytest.raises(InvalidLink):
        SIGNER.read_unsubscribe(TOKEN + "=" * (-len(TOKEN) % 4 or 4))


def test_a_token_is_short():
    assert len(SIGNER.unsubscribe_token("c_" + "a" * 26, "whatsapp")) < 80


KEY = LinkSigner("the secret of this installation, long enough").url_key
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_signed_link_is_good_until_its_time_is_over():
    link = sign_url("https://bank.example/apply/17?lang=en", KEY, NOON + timedelta(days=3))
    check_url(link, KEY, NOON + timedelta(days=2))
    with pytest.raises(InvalidLink, match="no longer good"):
        check_url(link, KEY, NOON + timedelta(days=3))


@pytest.mark.parametrize(
    "change",
    [
        lambda link: link.replace("/17", "/18"),
        lambda link: link.replace("lang=en", "lang=de"),
        lambda link: re.sub(r"until=\d+", "until=9999999999", link),
        lambda link: link[:-1] + ("A" if link[-1] != "A" else "B"),
        lambda link: link.partition("&signature")[0],
        lambda link: link + "&more=1",
        lambda _link: "https://bank.example/apply/17",
    ],
)
def test_a_link_that_was_changed_is_refused(change: Callable[[str], str]):
    link = sign_url("https://bank.example/apply/17?lang=en", KEY, NOON + timedelta(days=3))
    with pytest.raises(InvalidLink):
        check_url(change(link), KEY, NOON)
