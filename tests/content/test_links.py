import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.links import InvalidLink, LinkSigner

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
