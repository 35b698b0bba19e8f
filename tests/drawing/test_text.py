"""Lines of text that fit their room."""

from hypothesis import given
from hypothesis import strategies as st

from journeys.drawing.text import width, wrap, wrap_id


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P"]) | st.just(" ")), st.integers(1, 5))
def test_every_line_fits_and_none_is_left_out_silently(text: str, most: int) -> None:
    lines = wrap(text, 120, 13, most)
    assert len(lines) <= most
    assert all(width(line, 13) <= 120 for line in lines)
    assert lines[-1].endswith(" …") or "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_long_expression_breaks_behind_a_sign() -> None:
    assert wrap("customer.visits_in_the_last_year>3", 120, 13, 4) == ["customer.visits_", "in_the_last_", "year>3"]


def test_a_short_text_stays_on_one_line() -> None:
    assert wrap("wait 30m", 120, 13, 4) == ["wait 30m"]


def test_an_id_breaks_behind_its_underscores() -> None:
    assert wrap_id("branch_4_case_1_then_send_1", 16) == ["branch_4_case_1_", "then_send_1"]


def test_an_id_without_underscores_stays_whole() -> None:
    assert wrap_id("congratulations", 8) == ["congratulations"]
