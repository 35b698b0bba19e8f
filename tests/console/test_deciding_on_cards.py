"""What a form on a card says."""

from starter.console.deciding import edits_of

TEXTS = {"subject": "Hello", "text": "One\nTwo", "html": "<p>One</p>\r\n"}


def test_lines_end_as_they_did_before_a_browser_sent_them() -> None:
    form = {"edit.subject": "Hi", "edit.text": "One\r\nTwo", "edit.html": "<p>One</p>\r\n", "reason": "shorter"}
    assert edits_of(form, TEXTS) == TEXTS | {"subject": "Hi"}


def test_new_words_of_several_lines_have_plain_ends_of_lines() -> None:
    assert edits_of({"edit.text": "One\r\nThree"}, TEXTS) == {"text": "One\nThree"}
