"""What a marketer is told about a file that is wrong."""
# ruff: noqa: E501 (a row of the table is a fault and what is said about it)

from collections.abc import Callable
from pathlib import Path

import pytest

from journeys.loader import load_journeys
from journeys.model import Journey
from tests.journeys.conftest import HEAD
from yamlfile import FileProblems

Read = Callable[[str], Journey]

CASE = HEAD + "  - branch:\n      - if: CONDITION\n        then: [{wait: 1h}]\n"
DEEP = (
    HEAD
    + """\
  - wait_for: Opened
    within: 1h
    otherwise:
      - branch:
          - if: run.a
            then:
              - send: push
                content: hello
                MORE
"""
)


def faults(read: Read, text: str) -> list[str]:
    """Every problem as `line:column: message`."""
    with pytest.raises(FileProblems) as caught:
        read(text)
    return [str(problem).partition("journey.yaml:")[2] for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jurney: j\n" + HEAD + "  - wait: 1h\n", "1:1: unknown key 'jurney' (did you mean 'journey'?)"),
        (HEAD + "  - {id: My Step, wait: 1h}\n", "5:6: 'My Step' is no name here: it must have small letters, digits and '_', a letter first"),
        (HEAD + "  - wait: 30 minutes\n", "5:5: '30 minutes' is not a duration; write 30m, 4h, 3d or 1w"),
        (HEAD + "  - wait: 30\n", "5:5: 30 is not a time; write 30m, 'next day at 10:00' or 'monday at 09:00'"),
        (HEAD + "  - wait: someday at 10:00\n", "5:5: 'someday' is not a weekday"),
        (HEAD + "  - wait: 2026-02-30 at 10:00\n", "5:5: day is out of range for month"),
        (HEAD.replace("Go}", "Go, from: 2026-02-30}") + "  - wait: 1h\n", "3:20: Input should be a valid date or datetime, day value is outside expected range"),
        (HEAD + "  - wait: at 25:00\n", "5:5: 25:00 is not a time of day"),
        (HEAD + "  - wait: 1h\n  - sned: push\n", "6:5: a step starts with one of: wait, wait_for, send, branch, split, choose, agent, approve, act, set, run, repeat, stop"),
        (HEAD + "  - hello\n", "5:5: a step starts with one of: wait, wait_for, send, branch, split, choose, agent, approve, act, set, run, repeat, stop"),
        (HEAD + "  - wait_for: Opened\n", "5:5: 'within' is missing"),
        (HEAD + "  - {wait_for: {event: X, whre: 'true'}, within: 1h}\n", "5:27: unknown key 'whre' (did you mean 'where'?)"),
        (HEAD + "  - send: push\n    content: c\n    ofer: {discount: 1%}\n", "7:5: unknown key 'ofer' (did you mean 'offer'?)"),
        (HEAD + "  - send: push\n    content: c\n    offer: {discount: 101%}\n", "7:13: Input should be less than or equal to 100"),
        (HEAD + "  - send: push\n    content: c\n    offer: {discount: 0%}\n", "7:13: Input should be greater than 0"),
        (HEAD + "  - send: push\n    content: c\n    offer: {discount: lots}\n", "7:13: Input should be a valid number, unable to parse string as a number"),
        (HEAD + "  - send: push\n    content: c\n    offer: {discount: 1%, vald: 1h}\n", "7:27: unknown key 'vald' (did you mean 'valid'?)"),
        (HEAD + "  - send: push\n    content: c\n    purpose: ads\n", "7:5: Input should be 'marketing' or 'transactional'"),
        (HEAD + "  - send: push\n    content: c\n    approval: {group: g, witin: 1h}\n", "7:26: unknown key 'witin' (did you mean 'within'?)"),
        (CASE.replace("CONDITION", "custmer.tier"), "6:9: the condition 'custmer.tier' uses 'custmer'; it may use event, start, customer, run, now"),
        (DEEP.replace("MORE", "purpse: marketing"), "13:17: unknown key 'purpse' (did you mean 'purpose'?)"),
        (DEEP.replace("MORE", "xyz: 1"), "13:17: unknown key 'xyz'"),
        (HEAD.replace("{event: Go}", "{event: Go, wher: 'true'}") + "  - wait: 1h\n", "3:20: unknown key 'wher' (did you mean 'where'?)"),
        (HEAD.replace("{event: Go}", "{event: Go, again: weekly}") + "  - wait: 1h\n", "3:20: 'weekly' says not when to start again; write never, one at a time, any time, or after 7d"),
        (HEAD.replace("{event: Go}", "{event: Go, key: event.}") + "  - wait: 1h\n", "3:20: the condition 'event.' does not compile: Syntax error: no viable alternative at input '.'"),
        ("goal: {event: A, were: 'true'}\n" + HEAD + "  - wait: 1h\n", "1:18: unknown key 'were' (did you mean 'where'?)"),
        ("stop:\n  - {event: A, were: 'true'}\n" + HEAD + "  - wait: 1h\n", "2:16: unknown key 'were' (did you mean 'where'?)"),
        ("as_usual: 10%\n" + HEAD + "  - wait: 1h\n", "1:1: no step has a planner, so there is nothing to compare business as usual with"),
        (HEAD + "  - split: as-usual\n    arms: [{arm: a}, {arm: b}]\n", "5:5: 'as-usual' are the customers for whom no planner decides; take another name"),
        ("life: forever\n" + HEAD + "  - wait: 1h\n", "1:1: 'forever' is not a duration; write 30m, 4h, 3d or 1w"),
        (HEAD.removesuffix("steps:\n"), "1:1: 'steps' is missing"),
        (HEAD.removesuffix("\n") + " []\n", "4:1: this needs at least 1"),
        (HEAD + "  - {id: a, wait: 1h}\n  - {id: a, wait: 1h}\n", "6:6: a step with the id 'a' stands above"),
        (HEAD + "  - {id: a, wait: 1h}\n  - {wait_for: X, within: 1h, then: [{id: a, wait: 1h}]}\n", "6:39: a step with the id 'a' stands above"),
        (HEAD + "  - wait: 1h\n\twait: 2h\n", "6:1: found character '\\t' that cannot start any token"),
        ("journey: j\nowner: [a\nstart: x\n", "3:6: expected ',' or ']', but got ':'"),
        ("journey: j\njourney: k\n", '2:1: found duplicate key "journey" with value "k" (original value: "j")'),
        ("- wait: 1h\n", "1:1: this must be keys with values"),
    ],
)  # fmt: skip
def test_a_fault_is_told_at_its_line_and_column_with_the_fix(read: Read, text: str, expected: str):
    assert faults(read, text) == [expected]


def test_all_faults_of_a_file_are_told_at_once_in_the_order_of_the_file(read: Read):
    text = HEAD.replace("owner", "ownr") + "  - wait: soon\n  - {send: push, contnt: c}\n"

    assert faults(read, text) == [
        "1:1: 'owner' is missing",
        "2:1: unknown key 'ownr' (did you mean 'owner'?)",
        "5:5: 'soon' is not a duration; write 30m, 4h, 3d or 1w",
        "6:6: 'content' is missing",
        "6:18: unknown key 'contnt' (did you mean 'content'?)",
    ]


def test_a_step_with_two_verbs_is_the_first_of_them_with_keys_too_many(read: Read):
    assert faults(read, HEAD + "  - wait: 1h\n    send: push\n") == [
        "6:5: unknown key 'send' (did you mean 'id'?)"
    ] or (faults(read, HEAD + "  - wait: 1h\n    send: push\n") == ["6:5: unknown key 'send'"])


def test_a_case_with_a_misspelt_if_lacks_the_right_one(read: Read):
    assert faults(read, CASE.replace("if: CONDITION", "iff: 'true'")) == [
        "6:9: 'if' is missing",
        "6:9: unknown key 'iff' (did you mean 'if'?)",
    ]


def test_an_empty_file_lacks_everything(read: Read):
    assert faults(read, "# nothing yet\n") == [
        f"1:1: '{key}' is missing" for key in ("journey", "owner", "start", "steps")
    ]


def write(folder: Path, name: str, journey: str) -> Path:
    file = folder / name
    file.write_text(HEAD.replace("journey: j", f"journey: {journey}") + "  - wait: 1h\n")
    return file


def test_a_folder_gives_its_journeys_by_name(tmp_path: Path):
    write(tmp_path, "one.yaml", "first")
    write(tmp_path, "two.yaml", "second")

    assert sorted(load_journeys(tmp_path)) == ["first", "second"]


def test_two_journeys_of_one_name_are_a_problem(tmp_path: Path):
    write(tmp_path, "one.yaml", "same")
    second = write(tmp_path, "two.yaml", "same")

    with pytest.raises(FileProblems) as caught:
        load_journeys(tmp_path)

    assert str(caught.value) == f"{second}:1:1: a journey named 'same' exists already"


def test_the_problems_of_all_files_are_told_at_once(tmp_path: Path):
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text(HEAD + "  - wait: soon\n")

    with pytest.raises(FileProblems) as caught:
        load_journeys(tmp_path)

    assert [(problem.file.name, problem.line) for problem in caught.value.problems] == [
        ("one.yaml", 5),
        ("two.yaml", 5),
    ]
