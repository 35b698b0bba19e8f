"""How listings are printed: aligned columns that fit a terminal, whatever the names in them."""

import pytest

from starter.cli.invocation import Format
from starter.cli.output import print_listing

COLUMNS = {"GROUP": "group", "JOURNEY": "journey", "APPROVAL": "id"}
LONG = "a_" + "0" * 70


def listed(capsys: pytest.CaptureFixture[str], *rows: tuple[str, str, str]) -> list[str]:
    print_listing([dict(zip(COLUMNS.values(), row, strict=True)) for row in rows], COLUMNS, Format.text, "None.")
    return capsys.readouterr().out.splitlines()


def test_columns_are_as_wide_as_what_is_in_them(capsys: pytest.CaptureFixture[str]):
    assert listed(capsys, ("brand", "welcome", "a_1"), ("marketing", "tea", "a_2")) == [
        "GROUP      JOURNEY  APPROVAL",
        "brand      welcome  a_1",
        "marketing  tea      a_2",
    ]


def test_an_id_that_does_not_fit_stands_whole_in_the_line_below(capsys: pytest.CaptureFixture[str]):
    assert listed(capsys, ("brand", "welcome", LONG), ("brand", "tea", "a_2")) == [
        "GROUP  JOURNEY  APPROVAL",
        "brand  welcome",
        f"    {LONG}",
        "brand  tea      a_2",
    ]


def test_many_words_go_on_in_further_lines(capsys: pytest.CaptureFixture[str]):
    words = "device app-of-kenji-10, email kenji-10@example.com, phone +447700900010, user kenji-10"
    head, row, *further = listed(capsys, ("brand", "welcome", words))
    assert (head.split(), row) == (["GROUP", "JOURNEY", "APPROVAL"], "brand  welcome")
    assert [line.strip() for line in further] == [words.removesuffix(" user kenji-10"), "user kenji-10"]


def test_a_long_name_takes_no_line_beyond_80_columns(capsys: pytest.CaptureFixture[str]):
    lines = listed(capsys, ("brand", "welcome-" * 8, "a_" + "0" * 20), ("marketing", "tea", "a_2"))
    assert max(map(len, lines)) <= 80
    assert "    a_" + "0" * 20 in lines
